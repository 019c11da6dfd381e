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
            ("locales/en.ftl", "sign-in-submit = Come in\n"),
            ("locales/de.ftl", "sign-in-submit = Herein\n"),
            ("locales/fr.ftl", "sign-in-submit = Entrer\n"),
            ("assets/claviger.css", "body { color: red }"),
            (".git/HEAD", "not looked at"),
        ],
    );
    let pages = Pages::new(Some(&folder.0)).unwrap();
    assert!(pages.page(&brand(), &views::NotFound {}).html.contains("<h1>Nothing but fog</h1>"));
    assert_eq!(pages.stylesheet(), "body { color: red }");
    assert_ne!(pages.stylesheet_tag(), Pages::new(None).unwrap().stylesheet_tag());
    let known: Vec<_> = pages.languages().known.iter().map(ToString::to_string).collect();
    assert_eq!(known, ["de", "en", "fr"]);
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
    assert!(submit("de-AT").contains(">Herein</button>") && submit("de-AT").contains(">Passwort</label>"));
    assert!(submit("fr").contains(">Entrer</button>") && submit("fr").contains(">Password</label>"));
    assert!(submit("xx").contains(">Come in</button>"));
}

#[test]
fn a_mistake_is_told_with_file_and_line() {
    let folder = Folder::new("syntax", &[("templates/expired.html", "<p>\n{% if %}")]);
    assert!(folder.error().starts_with("DIR/templates/expired.html:2: syntax error: "), "{}", folder.error());

    let unknown = "{% extends \"base.html\" %}\n{% block content %}\n{{ view.agian_url }}{% endblock %}";
    let folder = Folder::new("undefined", &[("templates/expired.html", unknown)]);
    assert!(folder.error().starts_with("DIR/templates/expired.html:3: undefined value"), "{}", folder.error());

    let folder = Folder::new("message", &[("templates/expired.html", "\n\n\n{{ t(\"expired-titel\") }}")]);
    let error = folder.error();
    assert!(error.starts_with("DIR/templates/expired.html:4: ") && error.contains("expired-titel"), "{error}");

    let folder = Folder::new("strings", &[("locales/de.ftl", "sign-in-title = Anmelden\nsubmit Anmelden\n")]);
    assert!(folder.error().starts_with("DIR/locales/de.ftl: line 2: "), "{}", folder.error());

    let placeholder = "sign-in-continue-to = weiter zu { $klient }\n";
    let folder = Folder::new("placeholder", &[("locales/de.ftl", placeholder)]);
    let error = folder.error();
    assert!(error.contains("sign-in-continue-to") && error.contains("klient"), "{error}");

    let folder = Folder::new("tag", &[("locales/german.ftl.ftl", "a = b\n")]);
    assert!(folder.error().contains("not a language tag"), "{}", folder.error());
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
