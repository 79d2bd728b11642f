fn clamp(n: i32, limit: i32) -> i32 {
    if n > limit {
        return limit;
    }
    n
}

fn main() {
    let mut total = 0;
    for i in 0..3 {
        total += clamp(i, 9);
    }
    match total {
        1 => println!("one"),
        _ => println!("{total}"),
    }
}
