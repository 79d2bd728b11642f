//! Fits text into a width. The font is unknown, so widths are those of the characters in wide fonts.

/// The width of a text, in pixels.
pub(super) fn width(text: &str, font_size: f64) -> f64 {
    text.chars().map(char_width).sum::<f64>() * font_size
}

/// The text, shortened to a width; `None` if almost nothing fits.
pub(super) fn fit(text: &str, font_size: f64, available: f64) -> Option<String> {
    const MIN_CHARS: usize = 3;
    if width(text, font_size) <= available {
        return Some(text.to_owned());
    }
    let mut left = available - width("…", font_size);
    let fits = |c: &char| {
        left -= char_width(*c) * font_size;
        left >= 0.0
    };
    let start: String = text.chars().take_while(fits).collect();
    (start.chars().count() >= MIN_CHARS).then(|| start + "…")
}

/// The text if it fits, or else the shorter one. A name is shortened further if it does not fit either.
pub(super) fn fit_either(
    text: &str,
    short: &str,
    font_size: f64,
    available: f64,
) -> Option<String> {
    let fits = |text: &&str| width(text, font_size) <= available;
    match [text, short].into_iter().find(fits) {
        Some(text) => Some(text.to_owned()),
        // A part of a number would be another number.
        None if short.starts_with('+') => None,
        None => fit(short.trim_start_matches('…'), font_size, available),
    }
}

/// The name of a method without its receiver: `…Do` for `(*T).Do` and `T.Do`. A name that starts with a dot or ends in a
/// number, such as `.debug_info` and `f.func1`, stays whole, since its end alone does not identify anything.
pub(super) fn without_receiver(name: &str) -> String {
    let end = name.find('[').unwrap_or(name.len());
    let start = name[..end].rfind('.').unwrap_or(0);
    let method = name[..end].get(start + 1..).unwrap_or_default();
    let is_number = method.trim_start_matches("func").parse::<u32>().is_ok();
    if start == 0 || method.is_empty() || is_number {
        return name.to_owned();
    }
    format!("…{}", &name[start + 1..])
}

/// The width of a character for a font size of 1.
fn char_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.33,
        '(' | ')' | '[' | ']' | '/' | ' ' | 'f' | 't' | 'r' | '*' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.98,
        'A'..='Z' => 0.72,
        c if c.is_ascii() => 0.62,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::{fit, fit_either, without_receiver};

    #[test]
    fn text_is_shortened_to_what_fits() {
        for (text, available, expected) in [
            ("main", 40.0, Some("main")),
            ("Println", 34.0, Some("Prin…")),
            ("Println", 20.0, None),
            ("ab", 13.0, Some("ab")),
            ("", 0.0, Some("")),
            ("日本語日本語", 45.0, Some("日本語…")),
        ] {
            let fitted = fit(text, 10.0, available);
            assert_eq!(fitted.as_deref(), expected, "{text} in {available}");
        }
    }

    #[test]
    fn a_number_is_not_shortened() {
        for (available, expected) in [(50.0, Some("+14,000")), (30.0, None)] {
            let fitted = fit_either("14,000 more functions", "+14,000", 10.0, available);
            assert_eq!(fitted.as_deref(), expected);
        }
    }

    #[test]
    fn the_receiver_of_a_method_is_left_out_first() {
        for (name, available, expected) in [
            ("(*decoder).value", 200.0, Some("(*decoder).value")),
            ("(*decoder).value", 50.0, Some("…value")),
            ("(*decoder).value", 33.0, Some("value")),
            ("(*decoder).value", 25.0, None),
            ("T.Sort[a.T]", 57.0, Some("…Sort[a.T]")),
            ("Sort[a.T]", 34.0, Some("Sort…")),
            ("main.func1", 40.0, Some("main.…")),
            (".debug_info", 40.0, Some(".debu…")),
            ("f.", 5.0, None),
        ] {
            let fitted = fit_either(name, &without_receiver(name), 10.0, available);
            assert_eq!(fitted.as_deref(), expected, "{name} in {available}");
        }
    }
}
