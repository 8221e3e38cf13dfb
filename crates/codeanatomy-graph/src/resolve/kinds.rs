//! The words of Python's grammar that resolution tells apart: node classes, fields, accesses. Texts become numbers once, here.

use crate::table::{Str, Strings};

/// Declares an enumeration whose members are known by a text, with a member for every other text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($member:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum $name { $($member,)* Other }

        impl $name {
            const ALL: &'static [($name, &'static str)] = &[$(($name::$member, $text)),*];

            /// A table from interned strings to members.
            pub fn reader(strings: &Strings) -> impl Fn(Str) -> $name + use<> {
                let known: Vec<(Str, $name)> = Self::ALL.iter().filter_map(|&(member, text)| Some((strings.find(text)?, member))).collect();
                let size = known.iter().map(|(text, _)| text.0 as usize + 1).max().unwrap_or(0);
                let mut table = vec![$name::Other; size];
                for (text, member) in known {
                    table[text.0 as usize] = member;
                }
                move |text: Str| table.get(text.0 as usize).copied().unwrap_or($name::Other)
            }
        }
    };
}

words! {
    /// The class of a syntax node.
    Syntax {
        Module = "Module", FunctionDef = "FunctionDef", AsyncFunctionDef = "AsyncFunctionDef", ClassDef = "ClassDef", Return = "Return", Delete = "Delete",
        Assign = "Assign", TypeAlias = "TypeAlias", AugAssign = "AugAssign", AnnAssign = "AnnAssign", For = "For", AsyncFor = "AsyncFor", While = "While",
        If = "If", With = "With", AsyncWith = "AsyncWith", Match = "Match", Raise = "Raise", Try = "Try", TryStar = "TryStar", Assert = "Assert",
        Import = "Import", ImportFrom = "ImportFrom", Global = "Global", Nonlocal = "Nonlocal", Expr = "Expr", Pass = "Pass", Break = "Break",
        Continue = "Continue", BoolOp = "BoolOp", NamedExpr = "NamedExpr", BinOp = "BinOp", UnaryOp = "UnaryOp", Lambda = "Lambda", IfExp = "IfExp",
        Dict = "Dict", Set = "Set", ListComp = "ListComp", SetComp = "SetComp", DictComp = "DictComp", GeneratorExp = "GeneratorExp", Await = "Await",
        Yield = "Yield", YieldFrom = "YieldFrom", Compare = "Compare", Call = "Call", FormattedValue = "FormattedValue", JoinedStr = "JoinedStr",
        Constant = "Constant", Attribute = "Attribute", Subscript = "Subscript", Starred = "Starred", Name = "Name", List = "List", Tuple = "Tuple",
        Slice = "Slice", Comprehension = "comprehension", ExceptHandler = "ExceptHandler", Arguments = "arguments", Arg = "arg", Keyword = "keyword",
        Alias = "alias", WithItem = "withitem", MatchCase = "match_case", MatchValue = "MatchValue", MatchSingleton = "MatchSingleton",
        MatchSequence = "MatchSequence", MatchMapping = "MatchMapping", MatchClass = "MatchClass", MatchStar = "MatchStar", MatchAs = "MatchAs",
        MatchOr = "MatchOr", TypeVar = "TypeVar", ParamSpec = "ParamSpec", TypeVarTuple = "TypeVarTuple",
    }
}

words! {
    /// The field of its parent that holds a node.
    Field {
        Body = "body", Orelse = "orelse", Handlers = "handlers", Finalbody = "finalbody", DecoratorList = "decorator_list", Returns = "returns",
        Args = "args", Defaults = "defaults", KwDefaults = "kw_defaults", PosOnlyArgs = "posonlyargs", KwOnlyArgs = "kwonlyargs", VarArg = "vararg",
        KwArg = "kwarg", Annotation = "annotation", Bases = "bases", Keywords = "keywords", TypeParams = "type_params", Elt = "elt", Key = "key",
        Value = "value", Generators = "generators", Target = "target", Targets = "targets", Iter = "iter", Ifs = "ifs", OptionalVars = "optional_vars",
        ContextExpr = "context_expr", Func = "func", Elts = "elts", Values = "values", Left = "left", Right = "right", Test = "test", Name = "name",
        Names = "names", Bound = "bound", DefaultValue = "default_value", Type = "type", Slice = "slice", Lower = "lower", Upper = "upper", Step = "step", Guard = "guard",
        Keys = "keys", Exc = "exc", Cause = "cause",
    }
}

words! {
    /// What an expression does to its name or place.
    Access { Read = "read", Write = "write", Delete = "delete" }
}

impl Syntax {
    pub fn is_function(self) -> bool {
        matches!(self, Syntax::FunctionDef | Syntax::AsyncFunctionDef)
    }

    pub fn is_definition(self) -> bool {
        self.is_function() || self == Syntax::ClassDef
    }

    pub fn is_statement(self) -> bool {
        (self as u8) > (Syntax::Module as u8) && (self as u8) <= (Syntax::Continue as u8)
    }

    pub fn is_clause(self) -> bool {
        use Syntax::*;
        matches!(self, Arguments | Comprehension | ExceptHandler | MatchCase | WithItem | Keyword)
    }

    pub fn is_pattern(self) -> bool {
        (self as u8) >= (Syntax::MatchValue as u8) && (self as u8) <= (Syntax::MatchOr as u8)
    }

    pub fn is_type_parameter(self) -> bool {
        matches!(self, Syntax::TypeVar | Syntax::ParamSpec | Syntax::TypeVarTuple)
    }
}
