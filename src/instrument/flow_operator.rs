//! The operators that the control flow of a function depends on. A visitor classifies operators, since reading each as
//! an `Operator` takes more than twice as long.

use wasmparser::{BrTable, Operator, VisitOperator, VisitSimdOperator};

/// An operator, as far as the control flow depends on it.
#[derive(Debug)]
pub(super) enum FlowOperator<'a> {
    /// A `block` or an `if`.
    Block,
    Loop,
    Else,
    End,
    /// A branch to a label.
    Branch(u32),
    /// A conditional branch to a label.
    BranchIf(u32),
    BranchTable(BrTable<'a>),
    Return,
    /// A call that replaces the function's frame.
    TailCall,
    Unreachable,
    /// A call to the function with this index; `None` for a call through a table.
    Call(Option<u32>),
    I64Const(i64),
    I64Store,
    Other,
}

/// Converts operators to [`FlowOperator`].
pub(super) struct Classifier;

impl<'a> From<Operator<'a>> for FlowOperator<'a> {
    #[inline(always)]
    fn from(operator: Operator<'a>) -> Self {
        match operator {
            Operator::Block { .. } | Operator::If { .. } => Self::Block,
            Operator::Loop { .. } => Self::Loop,
            Operator::Else => Self::Else,
            Operator::End => Self::End,
            Operator::Br { relative_depth } => Self::Branch(relative_depth),
            Operator::BrIf { relative_depth } => Self::BranchIf(relative_depth),
            Operator::BrTable { targets } => Self::BranchTable(targets),
            Operator::Return => Self::Return,
            Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } => Self::TailCall,
            Operator::Unreachable => Self::Unreachable,
            Operator::Call { function_index } => Self::Call(Some(function_index)),
            Operator::CallIndirect { .. } => Self::Call(None),
            Operator::I64Const { value } => Self::I64Const(value),
            Operator::I64Store { .. } => Self::I64Store,
            _ => Self::Other,
        }
    }
}

/// Defines a method for each operator. The compiler reduces each to one case of the conversion.
macro_rules! classify {
    ($(@$proposal:ident $operator:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($kind:tt)*))*) => {
        $(
            fn $visit(&mut self $($(, $arg: $ty)*)?) -> FlowOperator<'a> {
                Operator::$operator $({ $($arg),* })?.into()
            }
        )*
    };
}

impl<'a> VisitOperator<'a> for Classifier {
    type Output = FlowOperator<'a>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(classify);
}

impl<'a> VisitSimdOperator<'a> for Classifier {
    wasmparser::for_each_visit_simd_operator!(classify);
}
