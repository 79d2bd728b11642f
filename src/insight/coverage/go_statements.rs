//! Finds the functions in Go source code, and their statements in the blocks that `go test -cover` counts:
//! <https://github.com/golang/go/blob/go1.23.0/src/cmd/cover/cover.go>. Of declarations, types and expressions, only the
//! function literals and the ends are found.

use super::go_tokens::{GoToken, GoTokens};
use std::mem;
use std::ops::RangeInclusive;

/// A function declaration or a function literal with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SourceFunction {
    pub(super) kind: FunctionKind,
    pub(super) lines: RangeInclusive<u32>,
    /// The statements of each block. If the first statement of a block runs, the others run after it, unless one of them does
    /// not return. The first block begins the function.
    pub(super) blocks: Vec<Vec<GoStatement>>,
    /// The indices of the blocks in each list of statements. If a block ran, so did those before it. A label begins another
    /// list, since a jump can lead there.
    pub(super) lists: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FunctionKind {
    Declaration,
    Literal,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GoStatement {
    /// The lines of the statement.
    pub(super) lines: RangeInclusive<u32>,
    /// The last line before the blocks in the statement.
    pub(super) last_header_line: u32,
    /// Whether a part of the statement can run several times, as in a loop, or a function literal.
    pub(super) repeats: bool,
}

/// Where an expression or a simple statement is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ExpressionPlace {
    /// Between brackets, or where a statement can be.
    Anywhere,
    /// Between a keyword and the block of a statement, which begins with `{`.
    Header,
    /// Before the colon of a case.
    Case,
}

/// The maximum depth of nested brackets and types.
const MAX_DEPTH: usize = 200;

/// Finds the functions in the text of a file. `None` if the text is not Go, or if its lines are not those in the debug
/// information.
pub(super) fn functions(text: &str) -> Option<Vec<SourceFunction>> {
    // A directive changes the lines: https://pkg.go.dev/cmd/compile#hdr-Line_Directives.
    if text.lines().any(|line| line.starts_with("//line ")) || text.contains("/*line ") {
        return None;
    }
    let mut parser = Parser {
        tokens: GoTokens::new(text),
        token: None,
        last_line: 0,
        depth: 0,
        functions: Vec::new(),
        blocks: Vec::new(),
        lists: Vec::new(),
    };
    parser.advance();
    while parser.token.is_some() {
        match parser.text() {
            "func" => parser.function(FunctionKind::Declaration)?,
            _ => parser.expression(ExpressionPlace::Anywhere)?,
        }
        parser.require(";")?;
    }
    Some(parser.functions)
}

/// Methods return `None` if the text is not Go.
struct Parser<'t> {
    tokens: GoTokens<'t>,
    token: Option<GoToken<'t>>,
    /// The last line of the token before.
    last_line: u32,
    depth: usize,
    functions: Vec<SourceFunction>,
    /// The blocks of the function.
    blocks: Vec<Vec<GoStatement>>,
    /// The lists of the function.
    lists: Vec<Vec<usize>>,
}

impl<'t> Parser<'t> {
    /// The text of the token, which is empty at the end.
    fn text(&self) -> &'t str {
        self.token.map_or("", |token| token.text)
    }

    fn advance(&mut self) {
        if let Some(token) = self.token.filter(|token| token.text != ";") {
            self.last_line = token.end_line();
        }
        self.token = self.tokens.next();
    }

    fn skip_if(&mut self, text: &str) -> bool {
        let is_next = self.text() == text;
        if is_next {
            self.advance();
        }
        is_next
    }

    fn require(&mut self, text: &str) -> Option<()> {
        self.skip_if(text).then_some(())
    }

    fn is_name(&self) -> bool {
        self.token
            .is_some_and(|token| token.is_word() && !token.is_keyword())
    }

    /// Calls `parse` one level deeper.
    fn nest(&mut self, parse: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        parse(self)?;
        self.depth -= 1;
        Some(())
    }

    /// Skips text in brackets.
    fn brackets(&mut self, open: &str, close: &str) -> Option<()> {
        self.require(open)?;
        self.nest(|parser| {
            while parser.text() != close {
                parser.expression(ExpressionPlace::Anywhere)?;
                if parser.text() != close {
                    parser.require(";")?;
                }
            }
            Some(())
        })?;
        self.require(close)
    }

    /// Skips an expression, a declaration or a simple statement.
    fn expression(&mut self, place: ExpressionPlace) -> Option<()> {
        let mut is_after_operand = false;
        while let Some(token) = self.token {
            match token.text {
                ";" | ")" | "]" | "}" => break,
                ":" if place == ExpressionPlace::Case => break,
                "{" if place == ExpressionPlace::Header => break,
                "(" => self.brackets("(", ")")?,
                "{" => self.brackets("{", "}")?,
                "[" if is_after_operand => self.brackets("[", "]")?,
                "func" => self.function(FunctionKind::Literal)?,
                "[" | "map" | "chan" | "struct" | "interface" => {
                    self.type_()?;
                    if self.text() == "{" {
                        self.brackets("{", "}")?;
                    }
                }
                _ => {
                    is_after_operand = token.is_word() && !token.is_keyword();
                    self.advance();
                    continue;
                }
            }
            is_after_operand = true;
        }
        Some(())
    }

    fn type_(&mut self) -> Option<()> {
        self.nest(|parser| match parser.text() {
            "*" | "<-" | "chan" => {
                parser.advance();
                parser.type_()
            }
            "[" => {
                parser.brackets("[", "]")?;
                parser.type_()
            }
            "map" => {
                parser.advance();
                parser.brackets("[", "]")?;
                parser.type_()
            }
            "func" => {
                parser.advance();
                parser.signature()
            }
            "struct" | "interface" => {
                parser.advance();
                parser.brackets("{", "}")
            }
            "(" => parser.brackets("(", ")"),
            _ => parser.type_name(),
        })
    }

    fn type_name(&mut self) -> Option<()> {
        loop {
            if !self.is_name() {
                return None;
            }
            self.advance();
            if !self.skip_if(".") {
                break;
            }
        }
        match self.text() {
            "[" => self.brackets("[", "]"),
            _ => Some(()),
        }
    }

    /// Skips parameters and results.
    fn signature(&mut self) -> Option<()> {
        self.brackets("(", ")")?;
        match self.text() {
            "*" | "<-" | "chan" | "[" | "map" | "func" | "struct" | "interface" | "(" => {
                self.type_()
            }
            _ if self.is_name() => self.type_name(),
            _ => Some(()),
        }
    }

    /// Reads a function declaration or literal, or skips a function type.
    fn function(&mut self, kind: FunctionKind) -> Option<()> {
        let first_line = self.token?.line;
        self.require("func")?;
        if kind == FunctionKind::Declaration {
            if self.text() == "(" {
                self.brackets("(", ")")?;
            }
            self.type_name()?;
        }
        self.signature()?;
        if self.text() != "{" {
            return Some(());
        }
        let outer = (mem::take(&mut self.blocks), mem::take(&mut self.lists));
        self.block()?;
        let (blocks, lists) = (
            mem::replace(&mut self.blocks, outer.0),
            mem::replace(&mut self.lists, outer.1),
        );
        self.functions.push(SourceFunction {
            kind,
            lines: first_line..=self.last_line,
            blocks,
            lists,
        });
        Some(())
    }

    fn block(&mut self) -> Option<()> {
        self.require("{")?;
        self.nest(Self::statements)?;
        self.require("}")
    }

    /// Reads a list of statements.
    fn statements(&mut self) -> Option<()> {
        let mut block = self.begin_block();
        let mut list = vec![block];
        while !matches!(self.text(), "}" | "case" | "default") {
            if self.is_label() {
                self.lists.push(mem::take(&mut list));
            }
            if !self.skip_if(";") && self.statement(block)? == NextStatement::InNewBlock {
                block = self.begin_block();
                list.push(block);
            }
        }
        self.lists.push(list);
        Some(())
    }

    /// The index of a new block.
    fn begin_block(&mut self) -> usize {
        self.blocks.push(Vec::new());
        self.blocks.len() - 1
    }

    /// Reads a statement and adds it to a block.
    fn statement(&mut self, block: usize) -> Option<NextStatement> {
        let token = self.token?;
        let functions = self.functions.len();
        let mut last_header_line = None;
        let mut next = NextStatement::InNewBlock;
        match token.text {
            "{" => {
                last_header_line = Some(token.line);
                self.block()?;
            }
            "if" | "for" | "switch" | "select" => {
                last_header_line = Some(self.control_statement(token.text)?)
            }
            _ if self.is_label() => {
                self.advance();
                self.advance();
            }
            _ => next = self.simple_statement()?,
        }
        let has_literals = self.functions.len() > functions;
        if has_literals {
            next = NextStatement::InNewBlock;
        }
        self.blocks.get_mut(block)?.push(GoStatement {
            lines: token.line..=self.last_line,
            last_header_line: last_header_line.unwrap_or(self.last_line),
            repeats: token.text == "for" || has_literals,
        });
        Some(next)
    }

    fn is_label(&self) -> bool {
        self.is_name() && self.is_followed_by(":")
    }

    fn is_followed_by(&self, text: &str) -> bool {
        self.tokens
            .clone()
            .next()
            .is_some_and(|next| next.text == text)
    }

    fn simple_statement(&mut self) -> Option<NextStatement> {
        let next = match self.text() {
            "break" | "continue" | "goto" | "fallthrough" => NextStatement::InNewBlock,
            "panic" if self.is_followed_by("(") => NextStatement::InNewBlock,
            _ => NextStatement::InSameBlock,
        };
        self.expression(ExpressionPlace::Anywhere)?;
        matches!(self.text(), ";" | "}").then_some(next)
    }

    /// Reads a statement with blocks. Returns the last line before them.
    fn control_statement(&mut self, keyword: &str) -> Option<u32> {
        self.advance();
        self.expression(ExpressionPlace::Header)?;
        while self.skip_if(";") {
            self.expression(ExpressionPlace::Header)?;
        }
        let last_header_line = self.token?.line;
        match keyword {
            "switch" | "select" => self.clauses()?,
            _ => self.block()?,
        }
        if keyword == "if" && self.skip_if("else") {
            self.nest(Self::else_branch)?;
        }
        Some(last_header_line)
    }

    fn else_branch(&mut self) -> Option<()> {
        match self.text() {
            "if" => {
                let block = self.begin_block();
                self.statement(block).map(drop)
            }
            _ => self.block(),
        }
    }

    fn clauses(&mut self) -> Option<()> {
        self.require("{")?;
        while self.text() != "}" {
            if !self.skip_if("default") {
                self.require("case")?;
                self.expression(ExpressionPlace::Case)?;
            }
            self.require(":")?;
            self.nest(Self::statements)?;
        }
        self.require("}")
    }
}

/// Where the statement after another one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NextStatement {
    InNewBlock,
    InSameBlock,
}

#[cfg(test)]
mod tests;
