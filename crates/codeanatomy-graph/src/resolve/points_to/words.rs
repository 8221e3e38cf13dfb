//! The names of Python that the analysis knows, as strings of the run.

use crate::table::{Str, Strings};

macro_rules! words {
    ($($field:ident = $text:literal),* $(,)?) => {
        #[derive(Clone, Copy)]
        pub struct Words { $(pub $field: Str),* }

        impl Words {
            pub fn new(strings: &mut Strings) -> Self {
                Self { $($field: strings.intern($text)),* }
            }
        }
    };
}

words! {
    star = "*", new = "__new__", init = "__init__", call = "__call__", getattr = "__getattr__", getattribute = "__getattribute__", get = "__get__",
    set_ = "__set__", iter = "__iter__", next = "__next__", aiter = "__aiter__", anext = "__anext__", enter = "__enter__",
    exit = "__exit__", aenter = "__aenter__", aexit = "__aexit__", getitem = "__getitem__", setitem = "__setitem__",
    delitem = "__delitem__", len = "__len__", bool_ = "__bool__", str_ = "__str__", repr = "__repr__", format = "__format__",
    await_ = "__await__", class = "__class__", name = "__name__", dict_ = "__dict__", doc = "__doc__", module = "__module__",
    qualname = "__qualname__", all = "__all__", hash = "__hash__", index_ = "__index__", start = "start", eq = "__eq__", class_getitem = "__class_getitem__",
    init_subclass = "__init_subclass__", post_init = "__post_init__", func = "__func__", self_ = "__self__", reversed = "__reversed__",
    int_ = "__int__", metaclass = "metaclass", key = "key", args = "args", default = "default", default_factory = "default_factory",
    fget = "fget", fset = "fset", fdel = "fdel", setter = "setter", getter = "getter", deleter = "deleter", str = "str", int = "int",
    float = "float", bool = "bool", bytes = "bytes", tuple = "tuple", dict = "dict", list = "list", set = "set", frozenset = "frozenset", generator = "generator", coroutine = "coroutine", async_generator = "async_generator", function = "function", result = "result", set_result = "set_result", match_args = "__match_args__", wrapped = "__wrapped__", wrapped_ = "wrapped", replace = "__replace__", attrs_pre_init = "__attrs_pre_init__", attrs_post_init = "__attrs_post_init__", stop_iteration = "StopIteration", debug = "__debug__", base_exception = "BaseException", cause = "__cause__", context = "__context__", exceptions = "exceptions", add_done_callback = "add_done_callback",
    object = "object", type_ = "type", property = "property", classmethod = "classmethod", staticmethod = "staticmethod", super_ = "super", none = "NoneType", slice = "slice",
    add = "__add__", bytes_ = "__bytes__", instancecheck = "__instancecheck__", subclasscheck = "__subclasscheck__",
    prepare = "__prepare__", name_ = "name", package = "package", package_ = "__package__", sys_modules = "sys.modules", fromlist = "fromlist", field_names = "field_names", value = "value", keys = "keys", exception = "exception", warning = "warning", exec_body = "exec_body", kwds = "kwds", bases = "bases", length_hint = "__length_hint__", private_name = "_name_",
    private_value = "_value_", members = "__members__", func_ = "func", register = "register", set_name = "__set_name__",
    mro_entries = "__mro_entries__", missing = "__missing__", missing_ = "_missing_", ellipsis = "ellipsis", factory = "factory", setattr = "setattr", setattr_ = "__setattr__", delattr_ = "__delattr__", delete_ = "__delete__", getattr_ = "getattr", float_ = "__float__", abs = "__abs__", round = "__round__",
    bound = "bound", typ = "typ", val = "val", argnames = "argnames", argvalues = "argvalues", indirect = "indirect", param = "param", params = "params", request = "request", names = "names",
}

impl Words {
    /// The builtin type that stands behind a base from `typing`: what derives from `typing.Dict[str, int]` derives from `dict` alone.
    pub fn container_behind(&self, base: &str) -> Option<Str> {
        let ("typing" | "typing_extensions", name) = base.rsplit_once('.')? else { return None };
        match name {
            "Dict" | "TypedDict" => Some(self.dict),
            "List" => Some(self.list),
            "Tuple" => Some(self.tuple),
            "Set" => Some(self.set),
            "FrozenSet" => Some(self.frozenset),
            _ => None,
        }
    }
}
