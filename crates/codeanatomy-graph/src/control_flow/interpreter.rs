//! What the running interpreter's opcodes do to control, read from the parameters. It decodes nothing and knows no code object.

use serde_json::Value;

use crate::operator::OperatorError;

/// When a conditional jump is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    True,
    False,
    None,
    NotNone,
}

/// Where control goes after an instruction that raises nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the instruction after it.
    Next,
    Return,
    Raise,
    Jump,
    Branch(Taken),
    /// `FOR_ITER`: into the body, or to its target when the iterator is exhausted.
    Iterate,
    /// `SEND`: on while the other iterator yields, to its target when that returns.
    Send,
    /// Out, and back to the instruction after it on resumption.
    Yield,
}

/// How an argument names a jump target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    None,
    Forward,
    Backward,
    Absolute,
}

/// What an instruction does for the expression or statement whose span it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Takes part in evaluating it.
    Evaluate,
    /// Keeps the interpreter's house and carries whatever span came before.
    Keep,
    /// `NOP`: a place for tracing.
    Mark,
    Jump,
    /// A conditional jump.
    Branch,
    Return,
    Constant,
    LoadName,
    /// Two names in one instruction, with the span of the first.
    TwoNames,
    /// Stores or deletes a name.
    Bind,
    Compare,
    Copy,
    Call,
    /// A call behind the constant that holds the names of its keywords.
    NamedCall,
    /// Enters or leaves a `with`.
    With,
    /// Starts or advances an iteration.
    Iterate,
    Send,
    Yield,
    /// Adds to what a comprehension makes.
    Gather,
    Format,
    /// Joins the pieces of a formatted string.
    Join,
}

impl Role {
    fn of(name: &str, flow: Flow) -> Self {
        match name {
            "NOP" => Role::Mark,
            "EXTENDED_ARG" | "CACHE" | "POP_EXCEPT" | "PUSH_EXC_INFO" | "RERAISE" | "CLEANUP_THROW" | "COPY_FREE_VARS" | "MAKE_CELL"
            | "RETURN_GENERATOR" | "NOT_TAKEN" | "KW_NAMES" => Role::Keep,
            "LOAD_CONST" | "LOAD_SMALL_INT" | "LOAD_CONST_IMMORTAL" => Role::Constant,
            "COPY" | "SWAP" => Role::Copy,
            "COMPARE_OP" | "IS_OP" | "CONTAINS_OP" => Role::Compare,
            "PRECALL" | "CALL" => Role::Call,
            "CALL_KW" => Role::NamedCall,
            "BEFORE_WITH" | "BEFORE_ASYNC_WITH" | "LOAD_SPECIAL" | "WITH_EXCEPT_START" => Role::With,
            "GET_ITER" | "FOR_ITER" | "END_FOR" | "POP_ITER" | "GET_AITER" | "GET_ANEXT" | "END_ASYNC_FOR" => Role::Iterate,
            "SEND" => Role::Send,
            "YIELD_VALUE" => Role::Yield,
            "LIST_APPEND" | "SET_ADD" | "MAP_ADD" => Role::Gather,
            "FORMAT_VALUE" | "FORMAT_SIMPLE" | "FORMAT_WITH_SPEC" | "CONVERT_VALUE" => Role::Format,
            "BUILD_STRING" => Role::Join,
            "LOAD_FAST_LOAD_FAST" | "LOAD_FAST_BORROW_LOAD_FAST_BORROW" | "STORE_FAST_LOAD_FAST" | "STORE_FAST_STORE_FAST" => {
                Role::TwoNames
            }
            "LOAD_NAME"
            | "LOAD_GLOBAL"
            | "LOAD_FAST"
            | "LOAD_FAST_CHECK"
            | "LOAD_FAST_BORROW"
            | "LOAD_DEREF"
            | "LOAD_CLASSDEREF"
            | "LOAD_FROM_DICT_OR_GLOBALS"
            | "LOAD_FROM_DICT_OR_DEREF" => Role::LoadName,
            "STORE_NAME"
            | "STORE_GLOBAL"
            | "STORE_FAST"
            | "STORE_DEREF"
            | "STORE_FAST_MAYBE_NULL"
            | "DELETE_NAME"
            | "DELETE_GLOBAL"
            | "DELETE_FAST"
            | "DELETE_DEREF" => Role::Bind,
            _ => match flow {
                Flow::Jump => Role::Jump,
                Flow::Branch(_) => Role::Branch,
                Flow::Return => Role::Return,
                _ => Role::Evaluate,
            },
        }
    }
}

/// One opcode.
#[derive(Clone, Debug)]
pub struct Opcode {
    pub name: String,
    pub flow: Flow,
    pub role: Role,
    pub jump: Jump,
    /// Code units of inline cache after the instruction.
    pub caches: u8,
}

/// The opcodes of one interpreter by number; numbers without an opcode are none.
pub struct Interpreter {
    opcodes: Vec<Option<Opcode>>,
    pub version: (u64, u64),
    pub extended_arg: u8,
    pub load_const: u8,
}

impl Interpreter {
    pub fn new(parameters: &Value) -> Result<Self, OperatorError> {
        let mut opcodes = vec![None; 256];
        for (name, number) in object(parameters, "opcodes")? {
            // Numbers above a byte are the compiler's pseudo instructions: no code object holds them.
            if let Ok(byte) = u8::try_from(integer(number, "opcodes")?) {
                opcodes[usize::from(byte)] =
                    Some(Opcode { name: name.clone(), flow: Flow::Next, role: Role::Evaluate, jump: Jump::None, caches: 0 });
            }
        }
        let mut interpreter = Self { opcodes, version: version(parameters)?, extended_arg: 0, load_const: 0 };
        interpreter.extended_arg = interpreter.number("EXTENDED_ARG")?;
        interpreter.load_const = interpreter.number("LOAD_CONST")?;
        interpreter.set_caches(parameters)?;
        interpreter.set_jumps(parameters)?;
        interpreter.set_flows()?;
        Ok(interpreter)
    }

    /// The opcode of that number, if the interpreter has one.
    pub fn opcode(&self, number: u8) -> Option<&Opcode> {
        self.opcodes[usize::from(number)].as_ref()
    }

    /// What the opcode of that number does for the expression whose span it carries.
    pub fn role(&self, number: u8) -> Role {
        self.opcode(number).map_or(Role::Keep, |opcode| opcode.role)
    }

    /// Whether the opcode of that number has that name.
    pub fn is(&self, number: u8, name: &str) -> bool {
        self.opcode(number).is_some_and(|opcode| opcode.name == name)
    }

    fn number(&self, name: &str) -> Result<u8, OperatorError> {
        (0..=u8::MAX).find(|&number| self.is(number, name)).ok_or_else(|| OperatorError::Parameter(format!("opcodes: there is no {name}")))
    }

    fn set_caches(&mut self, parameters: &Value) -> Result<(), OperatorError> {
        for (number, count) in object(parameters, "caches")? {
            let wrong = || OperatorError::Parameter(format!("caches: {number}: {count}"));
            let number: usize = number.parse().map_err(|_| wrong())?;
            let count = count.as_u64().and_then(|count| u8::try_from(count).ok()).ok_or_else(wrong)?;
            if let Some(Some(opcode)) = self.opcodes.get_mut(number) {
                opcode.caches = count;
            }
        }
        Ok(())
    }

    fn set_jumps(&mut self, parameters: &Value) -> Result<(), OperatorError> {
        for (key, absolute) in [("relative_jumps", false), ("absolute_jumps", true)] {
            for number in array(parameters, key)? {
                let number = integer(number, key)? as usize;
                if let Some(Some(opcode)) = self.opcodes.get_mut(number) {
                    opcode.jump = match (absolute, opcode.name.contains("BACKWARD")) {
                        (true, _) => Jump::Absolute,
                        (false, true) => Jump::Backward,
                        (false, false) => Jump::Forward,
                    };
                }
            }
        }
        Ok(())
    }

    fn set_flows(&mut self) -> Result<(), OperatorError> {
        for opcode in self.opcodes.iter_mut().flatten() {
            opcode.flow = flow(opcode)?;
            opcode.role = Role::of(&opcode.name, opcode.flow);
        }
        Ok(())
    }
}

/// By name: names keep their meaning between versions, numbers do not. A jump of an unknown name is refused, not guessed.
fn flow(opcode: &Opcode) -> Result<Flow, OperatorError> {
    let name = opcode.name.as_str();
    if opcode.jump == Jump::None {
        return Ok(match name {
            // RETURN_GENERATOR is not among them: it hands the frame to a generator, whose first resumption goes on after it.
            "RETURN_VALUE" | "RETURN_CONST" => Flow::Return,
            "RAISE_VARARGS" | "RERAISE" => Flow::Raise,
            "YIELD_VALUE" => Flow::Yield,
            _ => Flow::Next,
        });
    }
    Ok(match name {
        "FOR_ITER" => Flow::Iterate,
        "SEND" => Flow::Send,
        _ if name.contains("_IF_NOT_NONE") => Flow::Branch(Taken::NotNone),
        _ if name.contains("_IF_NONE") => Flow::Branch(Taken::None),
        _ if name.contains("_IF_TRUE") => Flow::Branch(Taken::True),
        _ if name.contains("_IF_FALSE") => Flow::Branch(Taken::False),
        _ if name.starts_with("JUMP") => Flow::Jump,
        // Written over other instructions while a program is watched: no compiler emits them.
        _ if name.starts_with("INSTRUMENTED_") => Flow::Next,
        _ => return Err(OperatorError::Parameter(format!("opcodes: what the jump {name} does is not known"))),
    })
}

fn version(parameters: &Value) -> Result<(u64, u64), OperatorError> {
    match array(parameters, "version")?.iter().map(Value::as_u64).collect::<Option<Vec<u64>>>().as_deref() {
        Some([major, minor, ..]) if (*major, *minor) >= (3, 11) => Ok((*major, *minor)),
        _ => Err(OperatorError::Parameter(format!("version: {} is not 3.11 or later", parameters["version"]))),
    }
}

fn object<'a>(parameters: &'a Value, key: &str) -> Result<&'a serde_json::Map<String, Value>, OperatorError> {
    parameters[key].as_object().ok_or_else(|| OperatorError::Parameter(format!("{key} is not an object")))
}

fn array<'a>(parameters: &'a Value, key: &str) -> Result<&'a Vec<Value>, OperatorError> {
    parameters[key].as_array().ok_or_else(|| OperatorError::Parameter(format!("{key} is not a list")))
}

fn integer(value: &Value, key: &str) -> Result<u64, OperatorError> {
    value.as_u64().ok_or_else(|| OperatorError::Parameter(format!("{key}: {value} is not a number from 0")))
}
