//! A page of the console with every kind of block, cell and field.

use crate::pages::dates::Moment;
use crate::pages::views::Ago;
use crate::pages::views::console::{
    Block, Cell, Chart, ConsoleLink, ConsolePage, Fact, Field, Form, Input, Notice, Table, Tone, Words, Wrong,
};

/// As little as a page can have.
pub(super) fn minimal(x: &dyn Fn(&str) -> String) -> ConsolePage {
    ConsolePage {
        title: Words::of("console-home"),
        trail: Vec::new(),
        places: Vec::new(),
        realm_places: Vec::new(),
        realm_name: None,
        username: x("grace"),
        roles: Vec::new(),
        account_url: x("/account"),
        notice: None,
        blocks: Vec::new(),
        csrf: x("csrf").into(),
        status: 200,
    }
}

/// All that a page can have.
pub(super) fn full(x: &dyn Fn(&str) -> String) -> ConsolePage {
    let link = |words, here, waiting| ConsoleLink { words, url: x("/console"), is_here: here, waiting };
    let places =
        vec![link(Words::of("console-home"), false, None), link(Words::of("console-approvals"), true, Some(2))];
    let field = |name, input, hint| Field { name, label: "console-name".into(), input, hint, is_required: true };
    let hint = || Some(Words::text(x("A hint")));
    let options = vec![(x("a"), Words::of("console-all"), true), (x("b"), Words::text(x("Orders")), false)];
    let form = Form {
        action: x("/console/apps"),
        is_question: false,
        is_upload: true,
        fields: vec![
            field("text", Input::Text { value: x("value") }, hint()),
            field("lines", Input::Lines { value: x("one\ntwo") }, hint()),
            field("choice", Input::Choice { options }, hint()),
            field("check", Input::Check { value: x("yes"), is_checked: true }, hint()),
            field("file", Input::File { accept: "image/png" }, hint()),
            field("hidden", Input::Hidden { value: x("carried") }, None),
        ],
        button: "console-save".into(),
        act: "save",
        tone: Tone::Good,
        about: None,
    };
    let end = Form { fields: Vec::new(), about: Some(x("Fleet Planner")), tone: Tone::Bad, ..form.clone() };
    let question = Form { is_question: true, is_upload: false, act: "", ..form.clone() };
    let cells = vec![
        Cell::None,
        Cell::text(x("Text")),
        Cell::link(x("Fleet Planner"), x("/console/r/orders/app")),
        Cell::code(x("fleet-planner")),
        Cell::At { at: Moment::of(1_800_000_000_000) },
        Cell::Ago { ago: Ago { unit: "hours", count: 2 } },
        Cell::tag("console-status-pending", Tone::Warn),
        Cell::Many { cells: vec![Cell::code(x("a")), Cell::of("console-never-used")] },
        Cell::Act { form: Box::new(end) },
        Cell::Lines { text: x("{\"a\":1}") },
    ];
    let head: Vec<Words> = (0..10).map(|_| Words::of("console-id")).collect();
    let caption = || Words::of("console-apps");
    let table = Table {
        caption: caption(),
        head,
        rows: vec![cells],
        empty: "console-no-apps".into(),
        more: Some(x("?after=b")),
    };
    let none = Table { caption: "console-seats".into(), rows: Vec::new(), more: None, ..table.clone() };
    ConsolePage {
        trail: vec![link(Words::text(x("Orders")), false, None)],
        places: places.clone(),
        realm_places: places,
        realm_name: Some(x("Orders")),
        roles: vec!["console-role-owner".into()],
        notice: Some(Notice::Wrong {
            all: vec![Wrong { field: Some(x("scope")), words: Words::text(x("It was not so")) }],
        }),
        blocks: vec![
            Block::Heading { words: "console-apps".into() },
            Block::Text { words: Words::of("console-some-wait").count("count", 2) },
            Block::Notice { words: "console-once".into(), tone: Tone::Warn },
            Block::Facts {
                facts: vec![Fact { label: Words::text(x("ttl")), cell: Cell::code(x("10m")), origin: hint() }],
            },
            Block::Table { table },
            Block::Table { table: none },
            Block::Form { form },
            Block::Form { form: question },
            Block::Picture { url: x("data:image/png;base64,AAAA"), words: "console-settings-preview".into() },
            Block::Links { links: vec![link(Words::of("console-edit"), false, Some(1))] },
            Block::Live { id: "raw", blocks: vec![Block::Code { label: "console-raw".into(), text: x("{ }") }] },
            Block::Chart {
                chart: Chart::new("console-calls-by-day", vec![(x("2026-11-27"), 3), (x("2026-11-28"), 5)]),
            },
        ],
        ..minimal(x)
    }
}
