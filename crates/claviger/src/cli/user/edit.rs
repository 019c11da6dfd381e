//! `claviger user add` and `claviger user edit`.

use super::super::context::{Context, Data};
use super::super::trouble::{Exit, Trouble};
use super::super::{ask, plan};
use super::details::DetailArgs;
use super::hasher;
use clap::Args;
use claviger_core::token::Plain;
use claviger_core::user::Details;
use claviger_core::{Realm, User};
use claviger_server::admin::apply::changes::Change;
use claviger_server::admin::users;
use std::path::PathBuf;

/// A new user.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "the command's flags")]
pub(crate) struct AddArgs {
    /// The name to sign in with
    username: String,
    /// The id (`sub`), which never changes; made if it is left out
    #[arg(long)]
    id: Option<String>,
    /// What people call them
    #[arg(long)]
    name: Option<String>,
    /// Their given name
    #[arg(long)]
    given_name: Option<String>,
    /// Their family name
    #[arg(long)]
    family_name: Option<String>,
    /// Their e-mail address
    #[arg(long)]
    email: Option<String>,
    /// The address is known to be theirs: it is good for signing in, and apps are told so
    #[arg(long)]
    email_verified: bool,
    /// A company or site that they belong to, by its id; may be repeated
    #[arg(long, value_name = "ID")]
    organisation: Vec<String>,
    #[command(flatten)]
    details: DetailArgs,
    /// A user for unattended integration
    #[arg(long)]
    service: bool,
    /// Administers the realm: never served by the password grant
    #[arg(long)]
    administrator: bool,
    /// Without a password, so that they cannot sign in with one yet
    #[arg(long, conflicts_with = "file")]
    no_password: bool,
    /// Read the password from this file; else from stdin, or asked for at a terminal
    #[arg(long)]
    file: Option<PathBuf>,
}

/// What shall be different.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "the command's flags")]
pub(crate) struct EditArgs {
    /// The user name, or the id
    username: String,
    /// Another name to sign in with
    #[arg(long, value_name = "NAME")]
    rename: Option<String>,
    /// What people call them; empty: nothing
    #[arg(long)]
    name: Option<String>,
    /// Their given name; empty: none
    #[arg(long)]
    given_name: Option<String>,
    /// Their family name; empty: none
    #[arg(long)]
    family_name: Option<String>,
    /// Their e-mail address; empty: none. Another one is not known to be theirs unless --email-verified says so
    #[arg(long)]
    email: Option<String>,
    /// Whether the address is known to be theirs
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    email_verified: Option<bool>,
    /// The companies or sites that they belong to, by id, in the place of the present ones; may be repeated
    #[arg(long, value_name = "ID", conflicts_with = "no_organisation")]
    organisation: Vec<String>,
    /// One company or site more; may be repeated
    #[arg(long, value_name = "ID")]
    add_organisation: Vec<String>,
    /// One company or site less; may be repeated
    #[arg(long, value_name = "ID")]
    remove_organisation: Vec<String>,
    /// They belong to none
    #[arg(long)]
    no_organisation: bool,
    #[command(flatten)]
    details: DetailArgs,
    /// Whether this is a user for unattended integration
    #[arg(long, value_name = "BOOL")]
    service: Option<bool>,
    /// Whether they administer the realm
    #[arg(long, value_name = "BOOL")]
    administrator: Option<bool>,
    /// Ask for another password, or read it from stdin
    #[arg(long)]
    password: bool,
    /// Read another password from this file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Let them sign in no more, and end their sessions, grants and tokens at once
    #[arg(long, conflicts_with = "enable")]
    disable: bool,
    /// Let them in again
    #[arg(long)]
    enable: bool,
    /// Change them here although a realm file says something else, until that file is applied again
    #[arg(long)]
    despite_file: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

impl AddArgs {
    /// The user as they shall be, and their password.
    ///
    /// # Errors
    /// The password cannot be read, or what is told of them is wrong.
    pub(crate) fn wanted(self) -> Result<(User, Option<Plain>), Trouble> {
        let args = self;
        let password = if args.no_password { None } else { Some(ask::secret(args.file.as_deref(), "password")?) };
        let user = User {
            id: args.id.unwrap_or_default(),
            username: args.username,
            name: args.name,
            email: args.email,
            email_verified: args.email_verified,
            given_name: args.given_name,
            family_name: args.family_name,
            service: args.service,
            administrator: args.administrator,
            disabled: false,
            organisations: args.organisation,
            details: args.details.apply(Details::default())?,
        };
        Ok((user, password))
    }
}

/// Adds a user.
pub(super) async fn add(args: AddArgs, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let (user, password) = args.wanted()?;
    let user = users::add(&data.admin(), &hasher()?, realm, user, password).await?;
    super::done(context, realm, &user, "active")
}

/// Changes a user, and says what is different.
pub(super) async fn edit(args: EditArgs, context: &Context, data: &Data, realm: &Realm) -> Result<(), Trouble> {
    let user = users::find(&data.store, realm, &args.username).await?;
    let despite_file = args.despite_file;
    let Wish { wanted, password, state } = args.wish(&user)?;
    let mut edited = None;
    if password.is_some() || wanted != user {
        let edit = (|_| wanted, password);
        edited = Some(users::edit(&data.admin(), &hasher()?, realm, &user.id, edit, despite_file).await?);
    }
    match state {
        Some("disabled") => users::disable(&data.admin(), realm, &user.id).await?,
        Some(_) => users::enable(&data.admin(), realm, &user.id).await?,
        None => {}
    }
    told(context, &realm.id, &user, edited, state)
}

/// What shall become of a user.
pub(crate) struct Wish {
    /// As they shall be.
    pub(crate) wanted: User,
    /// Another password.
    pub(crate) password: Option<Plain>,
    /// `disabled` or `active`, where that shall be.
    pub(crate) state: Option<&'static str>,
}

/// Says what became of a user: as they are now, with what is different, and whether they may sign in.
///
/// # Errors
/// Nothing did.
pub(crate) fn told(
    context: &Context,
    realm: &str,
    before: &User,
    edited: Option<(User, Change)>,
    state: Option<&str>,
) -> Result<(), Trouble> {
    let mut fields: Vec<String> = edited.iter().map(|(_, change)| plan::fields(change)).collect();
    fields.extend(state.map(|state| format!("state: {state}")));
    if fields.is_empty() {
        return Err(Trouble::new(Exit::Usage, format!("nothing of `{}` would be different", before.username))
            .help("name what shall be: `claviger user edit --help`"));
    }
    let mut now = edited.map_or_else(|| before.clone(), |(after, _)| after);
    now.disabled = state.map_or(before.disabled, |state| state == "disabled");
    let item = serde_json::json!({ "realm": realm, "id": before.id, "user": now, "changed": fields });
    context.format.one(&item, &[("username", now.username.clone()), ("changed", fields.join("\n"))])
}

impl EditArgs {
    /// Whom it is about, by name or id.
    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    /// Whether what a realm file says does not count.
    pub(crate) const fn is_despite_file(&self) -> bool {
        self.despite_file
    }

    /// What shall become of `user`; asked for where it ends something.
    ///
    /// # Errors
    /// The answer is no, the password cannot be read, or something is not as it must be.
    pub(crate) fn wish(self, user: &User) -> Result<Wish, Trouble> {
        if self.disable {
            ask::confirm(self.yes, &format!("Let `{}` in no more and end all their sessions?", user.username))?;
        }
        let state = self.disable.then_some("disabled").or(self.enable.then_some("active"));
        let password = self.new_password()?;
        Ok(Wish { wanted: self.wanted(user.clone())?, password, state })
    }

    fn new_password(&self) -> Result<Option<Plain>, Trouble> {
        let wanted = self.password || self.password_file.is_some();
        wanted.then(|| ask::secret(self.password_file.as_deref(), "password")).transpose()
    }

    /// The user as they shall be.
    fn wanted(self, user: User) -> Result<User, Trouble> {
        let text = |given: Option<String>, was| given.map_or(was, |text| Some(text).filter(|text| !text.is_empty()));
        let (old_email, verified) = (user.email.clone(), user.email_verified);
        let email = text(self.email, user.email);
        let is_same = email == old_email;
        let mut organisations = if self.no_organisation {
            Vec::new()
        } else {
            Some(self.organisation).filter(|given| !given.is_empty()).unwrap_or(user.organisations)
        };
        for gone in &self.remove_organisation {
            let at = organisations.iter().position(|id| id == gone);
            let absent = || Trouble::new(Exit::Usage, format!("`{gone}` is not among their organisations"));
            organisations.remove(at.ok_or_else(absent)?);
        }
        for new in self.add_organisation {
            if !organisations.contains(&new) {
                organisations.push(new);
            }
        }
        Ok(User {
            username: self.rename.unwrap_or(user.username),
            name: text(self.name, user.name),
            email_verified: self.email_verified.unwrap_or(verified && is_same),
            email,
            given_name: text(self.given_name, user.given_name),
            family_name: text(self.family_name, user.family_name),
            organisations,
            details: self.details.apply(user.details)?,
            service: self.service.unwrap_or(user.service),
            administrator: self.administrator.unwrap_or(user.administrator),
            id: user.id,
            disabled: user.disabled,
        })
    }
}
