//! Rust source as names, strings and signs: as much of its grammar as it takes to find imports.

/// A piece of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// What a string literal holds, escapes as they are written.
    Text(String),
    /// Any other sign.
    Sign(char),
}

impl Token {
    /// Whether it is this name or keyword.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }

    /// Whether it is this sign.
    pub(super) fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}

/// The tokens of a file, without comments, and without what is only there under `#[cfg(test)]`.
pub(super) fn of_program(text: &str) -> Vec<Token> {
    without_tests(&scan(text))
}

fn scan(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut scanner = Scanner { chars: &chars, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next() {
        tokens.push(token);
    }
    tokens
}

struct Scanner<'a> {
    chars: &'a [char],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let (now, then) = (self.peek(0)?, self.peek(1));
            match (now, then) {
                ('/', Some('/')) => self.skip_while(|sign| sign != '\n'),
                ('/', Some('*')) => self.skip_block_comment(),
                ('"', _) => return Some(self.string()),
                ('\'', _) => self.skip_character_or_lifetime(),
                _ if now.is_whitespace() => self.at += 1,
                _ if is_in_word(now) => return Some(self.word()),
                _ => {
                    self.at += 1;
                    return Some(Token::Sign(now));
                }
            }
        }
    }

    fn skip_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&goes_on) {
            self.at += 1;
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_u32;
        while let (Some(now), then) = (self.peek(0), self.peek(1)) {
            match (now, then) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_character_or_lifetime(&mut self) {
        // 'x' and '\n' are characters, 'x without an end is a lifetime.
        if self.peek(1) == Some('\\') {
            self.at += 3;
            self.skip_while(|sign| sign != '\'');
            self.at += 1;
        } else if self.peek(2) == Some('\'') {
            self.at += 3;
        } else {
            self.at += 1;
            self.skip_while(is_in_word);
        }
    }

    fn string(&mut self) -> Token {
        self.at += 1;
        let mut text = String::new();
        while let Some(now) = self.peek(0) {
            self.at += 1;
            match now {
                '"' => break,
                '\\' => {
                    text.push(now);
                    text.extend(self.peek(0));
                    self.at += 1;
                }
                _ => text.push(now),
            }
        }
        Token::Text(text)
    }

    /// A word, or the string whose prefix it is: `r#".."#`, `b".."`.
    fn word(&mut self) -> Token {
        let mut word = String::new();
        while let Some(now) = self.peek(0).filter(|now| is_in_word(*now)) {
            word.push(now);
            self.at += 1;
        }
        if !matches!(word.as_str(), "r" | "b" | "c" | "br" | "cr") {
            return Token::Word(word);
        }
        let mut hashes = 0;
        while self.peek(hashes) == Some('#') {
            hashes += 1;
        }
        match self.peek(hashes) {
            Some('"') if word.contains('r') => {
                self.at += hashes + 1;
                self.raw_string(hashes)
            }
            Some('"') if hashes == 0 => self.string(),
            // `r#type`: a name that would be a keyword.
            Some(now) if word == "r" && hashes == 1 && is_in_word(now) => {
                self.at += 1;
                self.word()
            }
            _ => Token::Word(word),
        }
    }

    fn raw_string(&mut self, hashes: usize) -> Token {
        let mut text = String::new();
        while let Some(now) = self.peek(0) {
            self.at += 1;
            if now == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.at += hashes;
                break;
            }
            text.push(now);
        }
        Token::Text(text)
    }
}

fn is_in_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match attribute(tokens, at) {
            Some(end) if is_for_tests(tokens.get(at..end).unwrap_or_default()) => at = end_of_item(tokens, end),
            Some(end) => {
                kept.extend_from_slice(tokens.get(at..end).unwrap_or_default());
                at = end;
            }
            None => {
                kept.push(token.clone());
                at += 1;
            }
        }
    }
    kept
}

/// Where the attribute `#[..]` ends that begins here, if one does.
fn attribute(tokens: &[Token], at: usize) -> Option<usize> {
    if !tokens.get(at)?.is_sign('#') || !tokens.get(at + 1)?.is_sign('[') {
        return None;
    }
    let mut depth = 0_u32;
    for (offset, token) in tokens.iter().enumerate().skip(at + 1) {
        match token {
            Token::Sign('[') => depth += 1,
            Token::Sign(']') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(offset + 1);
        }
    }
    None
}

fn is_for_tests(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.is(word));
    attribute.get(2).is_some_and(|token| token.is("cfg")) && has("test") && !has("not") && !has("any")
}

/// Where the item ends that begins here: after its `;`, `,` or closing brace.
fn end_of_item(tokens: &[Token], from: usize) -> usize {
    let mut at = from;
    while let Some(end) = attribute(tokens, at) {
        at = end;
    }
    // A field, a variant or an arm ends with a comma; in other items commas stand between parameters.
    let first = tokens.get(at..).unwrap_or_default().iter().take(6);
    let is_item = first.clone().any(|token| ITEMS.iter().any(|word| token.is(word)));
    let mut depth = 0_u32;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Sign('{' | '(' | '[') => depth += 1,
            // `use a::{b, c};` ends with both.
            Token::Sign('}') if depth <= 1 => {
                return at + usize::from(tokens.get(at).is_some_and(|next| next.is_sign(';')));
            }
            Token::Sign('}' | ')' | ']') => depth = depth.saturating_sub(1),
            Token::Sign(';') if depth == 0 => return at,
            Token::Sign(',') if depth == 0 && !is_item => return at,
            _ => {}
        }
    }
    at
}

/// Keywords near whose beginning an item stands.
const ITEMS: [&str; 12] =
    ["fn", "mod", "use", "impl", "struct", "enum", "const", "static", "type", "trait", "let", "macro_rules"];

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let shown = |token| match token {
            Token::Word(word) => word,
            Token::Text(text) => format!("\"{text}\""),
            Token::Sign(sign) => sign.to_string(),
        };
        of_program(text).into_iter().map(shown).collect()
    }

    #[test]
    fn comments_go_and_strings_stay_whole() {
        assert_eq!(
            words("a /* b /* c */ d */ e // f\n\"g \\\" // h\" r#\"i\"j\"# b'k' r#type"),
            ["a", "e", "\"g \\\" // h\"", "\"i\"j\"", "b", "type"]
        );
    }

    #[test]
    fn lifetimes_and_characters_are_told_apart() {
        assert_eq!(words("&'a x; '\\''; '{'; 'static y"), ["&", "x", ";", ";", ";", "y"]);
    }

    #[test]
    fn what_is_for_tests_only_is_left_out() {
        assert_eq!(words("#[cfg(test)] mod t { fn f() { [1; 2]; } } kept"), ["kept"]);
        assert_eq!(words("#[cfg(test)] #[path = \"x\"] mod t; kept"), ["kept"]);
        assert_eq!(words("#[cfg(test)] use a::{b, c}; kept"), ["kept"]);
        assert_eq!(words("#[cfg(all(test, unix))] fn f(a: [u8; 2]) -> (u8, u8) { x } kept"), ["kept"]);
        assert_eq!(words("#[cfg(test)] pub fn f<A, B>(a: A) { b } kept"), ["kept"]);
        assert_eq!(words("#[cfg(test)] a: Vec<u8>, kept"), ["kept"]);
        assert!(words("#[cfg(not(test))] fn f() {}").contains(&"f".to_owned()));
    }
}
