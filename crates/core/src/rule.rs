//! Rules for what somebody types: each has a name, and values that stand in its sentence, so that a page says it in the language of its
//! reader. What programs and logs read is the English text of the problem itself.

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name: stable, in lower case, with `-` between words.
    pub name: &'static str,
    /// What stands in its sentence, by the names of the places.
    pub values: Vec<(&'static str, String)>,
}

/// Gives a type of problems `rule`, which names the rule that each breaks, and `RULES`, the names of all: a line for each rule, with the
/// problems that break it, its name, and the values of its sentence.
#[macro_export]
macro_rules! rules {
    ($problem:ty: $($pattern:pat => $name:literal $(, $place:ident = $value:expr)*;)*) => {
        impl $problem {
            /// The names of all rules that can be broken.
            pub const RULES: &'static [&'static str] = &[$($name),*];

            /// The rule that is broken.
            pub fn rule(&self) -> $crate::rule::Rule {
                match self {
                    $($pattern => $crate::rule::Rule {
                        name: $name,
                        values: vec![$((stringify!($place), $value.to_string())),*],
                    }),*
                }
            }
        }
    };
}
