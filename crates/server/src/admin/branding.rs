//! How a realm looks: what its file leaves out is set here, and set back. What the file says is changed there.

use super::{Act, Admin, AdminError, Complaint, SubjectKind};
use claviger_core::Realm;
use claviger_core::brand::{Accent, Brand, Logo, Origin, Part};
use claviger_files::realm::{drawn_logo, wrong_part};
use claviger_store::Store;
use serde_json::{Map, Value};

/// What becomes of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// This text.
    Text(String),
    /// This picture, as it was sent: it is drawn anew.
    Picture(Vec<u8>),
    /// What the file says, or what follows from the realm where it says nothing.
    Back,
}

/// One part, and what becomes of it.
pub type Change = (Part, Set);

/// What is said to whoever changes what a file says, or sends what cannot be shown; nothing is written.
///
/// # Errors
/// As said; or the store cannot be read.
pub async fn look(store: &Store, realm: &Realm, changes: &[Change]) -> Result<Realm, AdminError> {
    let mut after = realm.clone();
    let mut wrong = Vec::new();
    for (part, set) in changes {
        let is_default = realm.brand.origin(*part) == Origin::Default;
        if set_as(&realm.brand, *part, set) || (is_default && *set == Set::Back) {
            continue;
        }
        if realm.brand.origin(*part) == Origin::File {
            let file = file(store, realm).await?.unwrap_or_else(|| format!("of `{}`", realm.id));
            return Err(AdminError::SaidByFile { part: part.name(), file });
        }
        if let Err(message) = put(&mut after.brand, *part, set) {
            wrong.push(Complaint::text(part.name(), message));
        }
    }
    if wrong.is_empty() { Ok(after) } else { Err(AdminError::Invalid(wrong)) }
}

/// Whether a part has this text already.
fn set_as(brand: &Brand, part: Part, set: &Set) -> bool {
    matches!(set, Set::Text(text) if brand.value(part).as_deref() == Some(text.as_str()))
}

/// Changes how a realm looks: the realm as it is then. Where nothing would be different, nothing is written.
///
/// # Errors
/// As [`look`]; somebody else changed the realm meanwhile, or the store cannot write.
pub async fn set(admin: &Admin<'_>, realm: &Realm, changes: &[Change]) -> Result<Realm, AdminError> {
    let after = look(admin.store, realm, changes).await?;
    if after == *realm {
        return Ok(after);
    }
    let lines = (told(&realm.brand, &after.brand), told(&after.brand, &realm.brand));
    if admin.act(Act::RealmBrand).edit_realm(realm, &after, lines, admin.now).await? {
        Ok(after)
    } else {
        Err(AdminError::ChangedMeanwhile(format!("the realm `{}`", realm.id)))
    }
}

/// The file that a realm comes from, where that is known.
///
/// # Errors
/// The store cannot be read.
pub async fn file(store: &Store, realm: &Realm) -> Result<Option<String>, AdminError> {
    Ok(store.managed_by(&realm.id, SubjectKind::Realm, &realm.id).await?)
}

fn put(brand: &mut Brand, part: Part, set: &Set) -> Result<(), String> {
    let mut given = Brand::default();
    match set {
        Set::Back => {}
        Set::Picture(bytes) if part == Part::Logo => {
            given.logo = Some(drawn_logo(bytes).map_err(|why| format!("the picture {why}"))?);
        }
        Set::Picture(_) => return Err("this is a text".to_owned()),
        Set::Text(_) if part == Part::Logo => return Err("this is a picture".to_owned()),
        Set::Text(text) => {
            let text = text.trim();
            if let Some((why, help)) = wrong_part(part, text) {
                return Err(help.map_or(why.clone(), |help| format!("{why}; {help}")));
            }
            fill(&mut given, part, text);
        }
    }
    brand.take(part, &given);
    if given.value(part).is_some() {
        brand.here.insert(part);
    } else {
        brand.here.remove(&part);
    }
    Ok(())
}

fn fill(brand: &mut Brand, part: Part, text: &str) {
    let text_of = || Some(text.to_owned());
    match part {
        Part::Name => brand.name = text_of(),
        Part::Accent => brand.accent = Accent::parse(text),
        Part::Logo => {}
        Part::Contact => brand.contact = text_of(),
        Part::ForgottenPassword => brand.links.forgotten_password = text_of(),
        Part::Help => brand.links.help = text_of(),
        Part::Privacy => brand.links.privacy = text_of(),
        Part::Terms => brand.links.terms = text_of(),
    }
}

/// The parts of one that the other has otherwise, without the bytes of a picture.
fn told(of: &Brand, other: &Brand) -> Value {
    let differs = |part: &Part| match part {
        Part::Logo => of.logo != other.logo,
        part => of.value(*part) != other.value(*part),
    };
    let told = |part: Part| (part.name().to_owned(), shown(of, part));
    Value::Object(Part::ALL.into_iter().filter(differs).map(told).collect::<Map<_, _>>())
}

/// A part for whoever reads a line or a page.
fn shown(brand: &Brand, part: Part) -> Value {
    brand.value(part).map_or(Value::Null, Value::String)
}

/// A realm's logo as an address that holds it.
pub fn picture(realm: &Realm) -> Option<String> {
    realm.brand.logo.as_ref().and_then(Logo::data_url)
}
