//! An operator's folder: what it may replace, and how it is told what is wrong.

use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("claviger-pages-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(root)
    }

    fn error(&self) -> String {
        let error = Pages::new(Some(&self.0)).unwrap_err().to_string();
        error.replace(&self.0.display().to_string(), "DIR")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn single_files_are_replaced() {
    let page = "{% extends \"base.html\" %}{% block title %}x{% endblock %}{% block content %}{% include \"_own.html\" %}{% endblock %}";
    let folder = Folder::new(
        "replace",
        &[
            ("templates/not_found.html", page),
            ("templates/_own.html", "<h1>Nothing but fog</h1>"),
            ("locales/en.toml", "[sign_in]\nsubmit = \"Come in\"\n"),
            ("locales/de.toml", "[sign_in]\nsubmit = \"Anmelden\"\n"),
            ("assets/claviger.css", "body { color: red }"),
            (".git/HEAD", "not looked at"),
        ],
    );
    let pages = Pages::new(Some(&folder.0)).unwrap();
    assert!(pages.page(&brand(), &views::NotFound {}).html.contains("<h1>Nothing but fog</h1>"));
    assert_eq!(pages.stylesheet(), "body { color: red }");
    assert_ne!(pages.stylesheet_tag(), Pages::new(None).unwrap().stylesheet_tag());
    assert_eq!(pages.languages().collect::<Vec<_>>(), ["de", "en"]);
    let submit = |lang: &str| {
        let mut html = String::new();
        each::<()>(&pages, &brand().in_language(lang), &plain, |name, page| {
            if name == "sign_in" {
                html = page.unwrap();
            }
            Ok(())
        })
        .unwrap();
        html
    };
    assert!(submit("en").contains(">Come in</button>"));
    assert!(submit("de-AT").contains(">Anmelden</button>") && submit("de-AT").contains(">Password</label>"));
    assert!(submit("xx").contains(">Come in</button>"));
}

#[test]
fn a_mistake_is_told_with_file_and_line() {
    let folder = Folder::new("syntax", &[("templates/expired.html", "<p>\n{% if %}")]);
    assert!(folder.error().starts_with("DIR/templates/expired.html:2: syntax error: "), "{}", folder.error());

    let unknown = "{% extends \"base.html\" %}\n{% block content %}\n{{ view.agian_url }}{% endblock %}";
    let folder = Folder::new("undefined", &[("templates/expired.html", unknown)]);
    assert!(folder.error().starts_with("DIR/templates/expired.html:3: undefined value"), "{}", folder.error());

    let folder = Folder::new("message", &[("templates/expired.html", "\n\n\n{{ t(\"expired.titel\") }}")]);
    let error = folder.error();
    assert!(error.starts_with("DIR/templates/expired.html:4: ") && error.contains("expired.titel"), "{error}");

    let folder = Folder::new("strings", &[("locales/de.toml", "[sign_in]\nsubmit = Anmelden\n")]);
    assert!(folder.error().starts_with("DIR/locales/de.toml: line 2: "), "{}", folder.error());

    let placeholder = "[sign_in]\ncontinue_to = \"weiter zu {klient}\"\n";
    let folder = Folder::new("placeholder", &[("locales/de.toml", placeholder)]);
    assert!(folder.error().contains("sign_in.continue_to asks for {klient}"), "{}", folder.error());
}

#[test]
fn a_misspelt_file_is_not_ignored() {
    let folder = Folder::new("misspelt", &[("templates/signin.html", "x")]);
    let expected = "DIR/templates/signin.html: there is no such file to replace; did you mean templates/sign_in.html?";
    assert_eq!(folder.error(), expected);
    let error = Pages::new(Some(std::path::Path::new("/no/such/folder"))).unwrap_err().to_string();
    assert!(error.starts_with("/no/such/folder: "), "{error}");
}

#[test]
fn a_template_that_fails_later_falls_back_to_the_built_in_one() {
    // Passes with the samples, fails with a name that they do not have.
    let trap = "<h1>mine</h1>{% if view.client_name == \"trap\" %}{{ nothing }}{% endif %}";
    let folder = Folder::new("later", &[("templates/form_post.html", trap)]);
    let pages = Pages::new(Some(&folder.0)).unwrap();
    let post = |client: &str| views::FormPost {
        client_name: client.to_owned(),
        action: "https://app.example/cb".to_owned(),
        fields: vec![],
        note: None,
    };
    assert_eq!(pages.page(&brand(), &post("other")).html, "<h1>mine</h1>");
    assert!(pages.page(&brand(), &post("trap")).html.contains("<h1>Back to trap</h1>"));
}
