//! What a token would hold.

use crate::admin::evaluate::{Wanted, evaluate};
use crate::api::call::Call;
use crate::api::operation::{About, Answers, Method, Operation, Reply};
use crate::api::problem::{self, Problem};
use crate::api::schema::{Schema, Shape, always, may, or_null};
use claviger_core::permission::{Permission, Resource, Verb};

const WANTED: Schema = Schema {
    name: "TokenWanted",
    says: "For what a token would be",
    fields: &[
        always("app", Shape::Name(2000), "The app"),
        may("user", Shape::Name(2000), "The user, by id or user name; left out: the app acts for itself"),
        may("scope", Shape::Text, "The scope; left out: what a request without one gets"),
        may("audiences", Shape::List(&Shape::Text), "The APIs; left out: what a request without one gets"),
        may("organisation", Shape::Text, "The organisation that the user would pick"),
    ],
    open: false,
};

const EVALUATED: Schema = Schema {
    name: "EvaluatedToken",
    says: "What the tokens would hold; nothing was issued",
    fields: &[
        always("grant_type", Shape::Text, "The grant that it was decided for"),
        always("access_token_format", Shape::OneOf(&["jwt", "opaque"]), "How the access token is spelled"),
        always("expires_in", Shape::Int, "How long it lives, in seconds"),
        always("refresh_token", Shape::Bool, "A refresh token comes with it"),
        always("scope", Shape::Text, "The scope that is granted"),
        always("seat_pools", Shape::List(&Shape::Text), "Licences that it takes"),
        always("access_token", Shape::Map, "The claims of the access token"),
        or_null("id_token", Shape::Map, "The claims of the ID token; null: there is none"),
        or_null("userinfo", Shape::Map, "What userinfo answers; null: nothing"),
    ],
    open: false,
};

pub(super) const OPERATIONS: &[Operation] = &[Operation::act(
    "evaluateToken",
    (Method::Post, "/realms/{realm}/tokens/evaluate"),
    "What a token would hold, without issuing one; 409 says why it would be refused. Needs a role that sees apps as well",
    (Resource::Users, Verb::Read, About::Realm),
    Answers::One(200, &EVALUATED),
    |call| Box::pin(evaluated(call)),
)
.body(&WANTED)];

async fn evaluated(call: &Call<'_>) -> Result<Reply, Problem> {
    let (realm, state) = (call.realm()?, call.state);
    if !call.caller.may(Permission::new(Resource::Apps, Verb::Read), realm, None) {
        return Err(Problem::new(problem::FORBIDDEN, "this needs a role with apps:read there as well"));
    }
    let text = |name: &str| call.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let wanted = Wanted {
        app: text("app").unwrap_or_default(),
        user: text("user"),
        scope: call.text("scope").map(str::to_owned),
        audiences: call.texts("audiences").unwrap_or_default(),
        organisation: text("organisation"),
    };
    let found = evaluate(&state.store, &state.secrets, realm, &wanted, call.now).await?;
    Ok(Reply::ok(serde_json::to_value(&found)?))
}
