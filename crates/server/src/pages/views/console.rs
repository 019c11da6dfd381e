//! The pages of the console: put together of few kinds of blocks, so that each page says what is on it and none how it looks.

pub use super::words::{Arg, Words, Wrong};
use super::{Ago, Masked, View};
use crate::pages::dates::Moment;
use serde::Serialize;

/// A link.
#[derive(Debug, Clone, Serialize)]
pub struct ConsoleLink {
    /// What it says.
    pub words: Words,
    /// Where it leads.
    pub url: String,
    /// The page is the one that is shown.
    pub is_here: bool,
    /// How many things wait there.
    pub waiting: Option<usize>,
}

impl ConsoleLink {
    /// A link to another page.
    pub fn new(words: impl Into<Words>, url: impl Into<String>) -> Self {
        Self { words: words.into(), url: url.into(), is_here: false, waiting: None }
    }
}

/// How much something matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As everything else.
    Plain,
    /// It is as it should be.
    Good,
    /// Somebody should look at it.
    Warn,
    /// Something is wrong, or the act does harm.
    Bad,
}

/// What stands in a place of a table or behind a label.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// Nothing.
    None,
    /// Words.
    Words {
        /// Which.
        words: Words,
    },
    /// Words that lead somewhere.
    Link {
        /// Which.
        words: Words,
        /// Where.
        url: String,
    },
    /// An id, an address, a value of the protocol.
    Code {
        /// As it is.
        text: String,
    },
    /// A moment.
    At {
        /// When.
        at: Moment,
    },
    /// How long ago.
    Ago {
        /// In the largest unit.
        ago: Ago,
    },
    /// A state, in words and a colour.
    Tag {
        /// Which.
        words: Words,
        /// How much it matters.
        tone: Tone,
    },
    /// Several, below one another.
    Many {
        /// Which.
        cells: Vec<Cell>,
    },
    /// A button that does one thing to the row.
    Act {
        /// The form.
        form: Box<Form>,
    },
    /// Text over several lines, as somebody wrote it.
    Lines {
        /// The text.
        text: String,
    },
}

impl Cell {
    /// Words of a message.
    pub fn of(words: impl Into<Words>) -> Self {
        Self::Words { words: words.into() }
    }

    /// Somebody's own text; nothing where it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Words { words: Words::Text(text) } }
    }

    /// A value of the protocol; nothing where it is empty.
    pub fn code(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Code { text } }
    }

    /// A link with somebody's own text.
    pub fn link(text: impl Into<String>, url: impl Into<String>) -> Self {
        Self::Link { words: Words::Text(text.into()), url: url.into() }
    }

    /// A moment, in milliseconds.
    pub fn at(millis: i64) -> Self {
        Self::At { at: Moment::of(millis) }
    }

    /// A moment, where there is one.
    pub fn maybe_at(millis: Option<i64>) -> Self {
        millis.map_or(Self::None, Self::at)
    }

    /// A state.
    pub fn tag(words: impl Into<Words>, tone: Tone) -> Self {
        Self::Tag { words: words.into(), tone }
    }

    /// Several, below one another; nothing where there is none.
    pub fn many(cells: impl IntoIterator<Item = Self>) -> Self {
        let cells: Vec<Self> = cells.into_iter().collect();
        if cells.is_empty() { Self::None } else { Self::Many { cells } }
    }

    /// Each of these as a value of the protocol, below one another.
    pub fn codes<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::many(texts.into_iter().map(Self::code))
    }
}

/// A label and what stands behind it.
#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    /// The label.
    pub label: Words,
    /// What stands behind it.
    pub cell: Cell,
    /// Where it comes from: a default, a file; none where that does not matter.
    pub origin: Option<Words>,
}

/// A field of a form.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// Its label.
    pub label: Words,
    /// What it holds.
    pub input: Input,
    /// What helps to fill it in.
    pub hint: Option<Words>,
    /// Whether it must be filled in.
    pub is_required: bool,
}

/// What a field holds.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// One line.
    Text {
        /// What is in it.
        value: String,
    },
    /// Several lines.
    Lines {
        /// What is in it.
        value: String,
    },
    /// One of several.
    Choice {
        /// Value, words, whether it is chosen.
        options: Vec<(String, Words, bool)>,
    },
    /// Yes or no.
    Check {
        /// What the form says for yes.
        value: String,
        /// Whether it is ticked.
        is_checked: bool,
    },
    /// A file.
    File {
        /// Which kinds of files.
        accept: &'static str,
    },
    /// What the form carries unseen.
    Hidden {
        /// Its value.
        value: String,
    },
}

/// A form.
#[derive(Debug, Clone, Serialize)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// It only asks, and its fields become a part of the address.
    pub is_question: bool,
    /// It sends a file.
    pub is_upload: bool,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its button.
    pub button: Words,
    /// What the button says to the server: `act` = this.
    pub act: &'static str,
    /// What it does.
    pub tone: Tone,
    /// What the button is about, for those who hear it without its row.
    pub about: Option<String>,
}

/// A table.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// What is in it.
    pub caption: Words,
    /// The heads of its columns.
    pub head: Vec<Words>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is said where it has none, and what to do then.
    pub empty: Words,
    /// Where there are more.
    pub more: Option<String>,
}

/// A chart of days: a bar for each.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    /// What is counted.
    pub caption: Words,
    /// Day and count, from the oldest to the newest.
    pub bars: Vec<Bar>,
    /// The largest count; at least one.
    pub most: i64,
}

/// One day.
#[derive(Debug, Clone, Serialize)]
pub struct Bar {
    /// `2026-11-28`.
    pub day: String,
    /// How many.
    pub count: i64,
    /// Where it begins, of a hundred.
    pub x: i64,
    /// Its width, of a hundred.
    pub width: i64,
    /// Its height, of a hundred.
    pub height: i64,
}

impl Chart {
    /// A chart of these days.
    pub fn new(caption: impl Into<Words>, days: Vec<(String, i64)>) -> Self {
        let most = days.iter().map(|(_, count)| *count).max().unwrap_or_default().max(1);
        let step = i64::try_from(days.len().max(1)).map_or(1, |count| (1000 / count).max(1));
        let bar = |(index, (day, count)): (usize, (String, i64))| Bar {
            x: i64::try_from(index).unwrap_or_default() * step,
            width: (step - 2).max(1),
            height: count.saturating_mul(100) / most,
            day,
            count,
        };
        let bars = days.into_iter().enumerate().map(bar).collect();
        Self { caption: caption.into(), bars, most }
    }
}

/// A part of a page.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// The head of what follows.
    Heading {
        /// What it says.
        words: Words,
    },
    /// A paragraph.
    Text {
        /// What it says.
        words: Words,
    },
    /// Something to look at before anything else.
    Notice {
        /// What it says.
        words: Words,
        /// How much it matters.
        tone: Tone,
    },
    /// Labels and values.
    Facts {
        /// Which.
        facts: Vec<Fact>,
    },
    /// A table.
    Table {
        /// Which.
        table: Table,
    },
    /// A form.
    Form {
        /// Which.
        form: Form,
    },
    /// Links beside one another.
    Links {
        /// Which.
        links: Vec<ConsoleLink>,
    },
    /// Text to be copied.
    Code {
        /// What it is.
        label: Words,
        /// As it is.
        text: String,
    },
    /// A picture.
    Picture {
        /// Where it is, or an address that holds it.
        url: String,
        /// What is on it.
        words: Words,
    },
    /// A chart.
    Chart {
        /// Which.
        chart: Chart,
    },
    /// Blocks that are fetched anew while somebody looks at them.
    Live {
        /// What the section is called in the page.
        id: &'static str,
        /// Which.
        blocks: Vec<Block>,
    },
}

/// One page of the console.
#[derive(Debug, Clone, Serialize)]
pub struct ConsolePage {
    /// What it is about.
    pub title: Words,
    /// The pages above it.
    pub trail: Vec<ConsoleLink>,
    /// The places of the console.
    pub places: Vec<ConsoleLink>,
    /// The places of the realm that is looked at; empty where none is.
    pub realm_places: Vec<ConsoleLink>,
    /// What people call that realm.
    pub realm_name: Option<String>,
    /// Who is signed in.
    pub username: String,
    /// As what they act, in words.
    pub roles: Vec<Words>,
    /// Where they see their own account.
    pub account_url: String,
    /// What was done, or why it was not.
    pub notice: Option<Notice>,
    /// What is on it.
    pub blocks: Vec<Block>,
    /// Ties the forms to this session.
    pub csrf: Masked,
    /// The HTTP status.
    #[serde(skip)]
    pub status: u16,
}

/// What is said of the act before.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// This was done.
    Done {
        /// What.
        words: Words,
    },
    /// Nothing was done.
    Wrong {
        /// Why.
        all: Vec<Wrong>,
    },
}

impl View for ConsolePage {
    const TEMPLATE: &'static str = "console.html";

    fn status(&self) -> u16 {
        self.status
    }

    fn is_live(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Live { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Chart, Words};

    #[test]
    fn bars_are_as_high_as_their_share_of_the_largest() {
        let chart = Chart::new("console-title", vec![("a".to_owned(), 1), ("b".to_owned(), 4), ("c".to_owned(), 0)]);
        assert_eq!(chart.bars.iter().map(|bar| bar.height).collect::<Vec<_>>(), [25, 100, 0]);
        assert_eq!(chart.bars.iter().map(|bar| bar.x).collect::<Vec<_>>(), [0, 333, 666]);
        assert_eq!(Chart::new("console-title", Vec::new()).most, 1);
    }

    #[test]
    fn words_are_a_message_or_a_text() {
        let said = serde_json::to_value(Words::of("x").count("n", 2).name("who", "Ada")).unwrap();
        assert_eq!(said, serde_json::json!({ "id": "x", "args": { "n": 2, "who": "Ada" } }));
        assert_eq!(serde_json::to_value(Words::text("y")).unwrap(), "y");
    }
}
