//! The one-time link of the approval mail (being written).
use crate::app::App;
use crate::http::{Answer, Incoming};
use crate::sites::Site;

pub(crate) async fn answer(app: &App, site: &Site, _incoming: &Incoming) -> Answer {
    crate::endpoints::show::expired(app, site)
}
