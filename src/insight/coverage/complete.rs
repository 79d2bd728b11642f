//! Completes the lines of a Go file with those of statements that have no code, such as `sum := 0`. Their counts follow from
//! those of the statements next to them. A statement remains missing if nothing else runs exactly when it does. So do functions
//! that are not in the module: TinyGo runs initializers when it compiles, and drops the functions that they called:
//! <https://github.com/tinygo-org/tinygo/tree/v0.34.0/interp>.

use super::go_statements::{self, FunctionKind, GoStatement, SourceFunction};
use super::{CoveredFile, SourceState};
use std::collections::{BTreeMap, HashSet};

impl CoveredFile {
    /// The functions of a Go file. `declarations` are the lines where the module's functions are declared. If the text has no
    /// functions there, it has changed since it was compiled, and is removed.
    pub(super) fn functions(&mut self, declarations: &[u32]) -> Option<Vec<SourceFunction>> {
        let text = self
            .text
            .as_deref()
            .filter(|_| self.name.ends_with(".go"))?;
        let functions = go_statements::functions(text)?;
        let lines = functions.iter().map(|function| *function.lines.start());
        let lines: HashSet<_> = lines.collect();
        if declarations.iter().all(|line| lines.contains(line)) {
            return Some(functions);
        }
        self.source = SourceState::Changed;
        self.text = None;
        None
    }

    /// Adds the lines of statements without code.
    pub(super) fn complete(&mut self, functions: &[SourceFunction]) {
        let mut added = BTreeMap::new();
        for function in functions {
            self.add_statements(function, &mut added);
        }
        for (line, count) in added {
            let known = self.lines.entry(line).or_default();
            *known = count.max(*known);
        }
    }

    /// Adds the statements of a function.
    fn add_statements(&self, function: &SourceFunction, added: &mut BTreeMap<u32, u64>) {
        let calls = match function.kind {
            FunctionKind::Declaration => self.lines.get(function.lines.start()).copied(),
            FunctionKind::Literal => None,
        };
        let never_called = calls.filter(|calls| *calls == 0);
        let have_run = self.blocks_before_one_that_ran(function);
        for (index, block) in function.blocks.iter().enumerate() {
            let count = if index == 0 { calls } else { never_called };
            let later = have_run.contains(&index).then_some(1);
            self.add_block(block, count, later, added);
        }
    }

    /// The indices of the blocks before one that ran.
    fn blocks_before_one_that_ran(&self, function: &SourceFunction) -> HashSet<usize> {
        let ran = |block: &&usize| {
            let block = function.blocks.get(**block).into_iter().flatten();
            block
                .map(|statement| self.min_count(statement))
                .any(|count| count == Some(1))
        };
        let before = function.lists.iter().flat_map(|list| {
            let last = list.iter().rposition(|block| ran(&block));
            &list[..last.unwrap_or(0)]
        });
        before.copied().collect()
    }

    /// Adds the statements of a block. `count` is how often the block ran, if that is known, and `later` is 1 if a block after
    /// it ran. A statement ran as often as the next one, and at least once if one after it or in it did.
    fn add_block(
        &self,
        block: &[GoStatement],
        count: Option<u64>,
        later: Option<u64>,
        added: &mut BTreeMap<u32, u64>,
    ) {
        let exact = block.iter().map(|statement| self.exact_count(statement));
        let before = last_known(exact.clone());
        let after = last_known(exact.rev());
        let reached = block
            .iter()
            .rev()
            .map(|statement| self.min_count(statement));
        // A statement without code in its first part, as `a && b()`, can have the count 0 although one after it ran.
        let reached = reached.scan(later, |last, count| {
            *last = match (*last, count) {
                (Some(1), _) => Some(1),
                (last, count) => count.or(last),
            };
            Some(*last)
        });
        let reached: Vec<_> = reached.collect();
        let counts = after.into_iter().zip(reached).rev().zip(before);
        for (statement, ((after, reached), before)) in block.iter().zip(counts) {
            let line = *statement.lines.start();
            let own = self.lines.get(&line).copied();
            if let Some(count) = own.or(after).or(before).or(count).or(reached) {
                added.insert(line, count.max(reached.unwrap_or_default()));
            }
        }
    }

    /// How often a statement ran, if its header has code.
    fn exact_count(&self, statement: &GoStatement) -> Option<u64> {
        let header = *statement.lines.start()..=statement.last_header_line;
        match statement.repeats {
            false => self.lines.range(header).map(|(_, count)| *count).max(),
            true => None,
        }
    }

    /// 1 if a statement ran at least once, 0 if it has code that did not run; `None` if unknown.
    fn min_count(&self, statement: &GoStatement) -> Option<u64> {
        let ran = self
            .lines
            .range(statement.lines.clone())
            .any(|(_, count)| *count > 0);
        let has_code = self.lines.contains_key(statement.lines.start());
        ran.then_some(1).or(has_code.then_some(0))
    }
}

/// For each value, the last one up to it that is known.
fn last_known(values: impl Iterator<Item = Option<u64>>) -> Vec<Option<u64>> {
    let mut last = None;
    values
        .map(|value| {
            last = value.or(last);
            last
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::insight::CoveredFile;

    /// The lines after they were completed.
    fn completed(text: &str, lines: &[(u32, u64)], declarations: &[u32]) -> Vec<(u32, u64)> {
        let mut file = CoveredFile {
            name: "a.go".to_owned(),
            text: Some(text.to_owned()),
            lines: lines.iter().copied().collect(),
            ..CoveredFile::default()
        };
        let functions = file.functions(declarations).unwrap_or_default();
        file.complete(&functions);
        file.lines.into_iter().collect()
    }

    #[test]
    fn statements_without_code_ran_with_those_next_to_them() {
        for (text, lines, expected) in [
            // After a call, before one, and alone in a function.
            (
                "f()\na := 1\n",
                &[(1, 0), (2, 3)][..],
                &[(1, 0), (2, 3), (3, 3)][..],
            ),
            ("a := 1\nf()\n", &[(3, 3)], &[(2, 3), (3, 3)]),
            ("a := 1\n", &[(1, 3)], &[(1, 3), (2, 3)]),
            ("a := 1\n", &[(1, 0)], &[(1, 0), (2, 0)]),
            // How often the loop began is unknown.
            (
                "a := 1\nfor b {\nf()\n}\n",
                &[(3, 9), (4, 8)],
                &[(2, 1), (3, 9), (4, 8)],
            ),
            (
                "a := 1\nfor b {\nf()\n}\n",
                &[(3, 0), (4, 0)],
                &[(2, 0), (3, 0), (4, 0)],
            ),
            // What is in a statement ran, so the statement ran.
            (
                "switch {\ncase a:\nf()\n}\n",
                &[(2, 0), (4, 8)],
                &[(2, 1), (4, 8)],
            ),
            ("if a {\nf()\n}\n", &[(4, 0)], &[(4, 0)]),
            // What is after a statement ran, so the statement ran. Only a part of a condition may have code.
            ("if a {\nb = 1\n}\nf()\n", &[(5, 4)], &[(2, 1), (5, 4)]),
            (
                "if a && f() {\ng()\n}\nreturn\n",
                &[(2, 0), (3, 0), (5, 4)],
                &[(2, 1), (3, 0), (5, 4)],
            ),
            ("a = b[:0]\nf()\n", &[(2, 0), (3, 4)], &[(2, 1), (3, 4)]),
            // A jump can lead to a label.
            ("goto l\nif a {\n}\nl:\nf()\n", &[(6, 1)], &[(6, 1)]),
            ("go func() {\nf()\n}()\n", &[(3, 4)], &[(2, 1), (3, 4)]),
            // All of a function that was not called.
            (
                "if a {\nb = 1\n}\nf()\n",
                &[(1, 0)],
                &[(1, 0), (2, 0), (3, 0), (5, 0)],
            ),
            // Of a call over several lines, one has code.
            ("f(\n1,\n)\n", &[(3, 5)], &[(2, 5), (3, 5)]),
        ] {
            let text = format!("func a() {{\n{text}}}\n");
            assert_eq!(completed(&text, lines, &[1]), expected, "{text} {lines:?}");
        }
    }

    #[test]
    fn missing_functions_are_not_added() {
        let text = "func a() {\nf()\n}\nfunc init() {\nb := 1\n}\n";
        let lines = [(1, 1), (2, 1)];
        assert_eq!(completed(text, &lines, &[1]), lines);
    }

    #[test]
    fn another_version_of_a_file_is_ignored() {
        let text = "\nfunc a() {\nb := 1\n}\n";
        assert_eq!(completed(text, &[(1, 1)], &[1]), [(1, 1)]);
    }
}
