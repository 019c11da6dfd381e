//! What is done while a server is killed or cut off, and how a client goes on afterwards.

use anyhow::{Context, Result};

use super::Lab;
use super::deployment::{Deployment, NEW_CLIENTS, PASSWORD};
use super::peer::{CALLBACK, Peer, Tokens, authorize, code_of, error_word};
use super::trial::Trial;
use claviger_testing::browser::Browser;
use claviger_testing::http::Answer;

/// What is killed in the middle.
pub(super) trait Operation {
    /// What it needs.
    type Ready;
    /// Before there is a server.
    fn set_up(&mut self, _: &Lab, _: &Deployment) -> Result<()> {
        Ok(())
    }
    /// Makes ready, unharmed.
    fn prepare(&mut self, deployment: &Deployment, peer: &Peer) -> Result<Self::Ready>;
    /// The one request.
    fn act(&self, peer: &Peer, ready: &Self::Ready) -> Result<Answer>;
    /// Looks at what is left; without an answer the client was not told.
    fn check(&mut self, at: &mut Check<'_, '_>, ready: &Self::Ready, answer: Option<&Answer>) -> Result<()>;
}

/// After the restart.
pub(super) struct Check<'a, 'b> {
    /// Where what is seen goes.
    pub(super) trial: &'a mut Trial<'b>,
    /// The database.
    pub(super) deployment: &'a Deployment,
    /// The server that was started since.
    pub(super) peer: &'a Peer,
}

/// A code's exchange; the session that codes come from outlives every kill.
#[derive(Default)]
pub(super) struct Exchange {
    cookies: Option<String>,
}

impl Operation for Exchange {
    type Ready = String;

    fn prepare(&mut self, _: &Deployment, peer: &Peer) -> Result<String> {
        let cookies = match &self.cookies {
            Some(cookies) => cookies,
            None => self.cookies.insert(peer.sign_in()?),
        };
        peer.code(cookies).context("the session or the consent was lost")
    }

    fn act(&self, peer: &Peer, code: &String) -> Result<Answer> {
        peer.exchange(code)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, code: &String, answer: Option<&Answer>) -> Result<()> {
        let again;
        let won = if let Some(answer) = answer {
            at.trial.must(answer.status == 200, || format!("an exchange was refused: {}", answer.body));
            answer
        } else {
            // The client was not told: it asks once more.
            again = at.peer.exchange(code)?;
            let spent = again.status == 400 && error_word(&again) == "invalid_grant";
            at.trial.must(again.status == 200 || spent, || format!("the second try: {} {}", again.status, again.body));
            &again
        };
        if won.status != 200 {
            return Ok(());
        }
        let tokens = at.lives("web", &Tokens::of(won)?)?;
        let replay = at.peer.exchange(code)?;
        at.trial.must(replay.status == 400, || format!("a code worked twice: {}", replay.body));
        at.is_over("web", &tokens)
    }
}

/// A refresh of a grant of its own.
#[derive(Default)]
pub(super) struct Refresh {
    codes: Exchange,
}

impl Operation for Refresh {
    type Ready = Tokens;

    fn prepare(&mut self, deployment: &Deployment, peer: &Peer) -> Result<Tokens> {
        let code = self.codes.prepare(deployment, peer)?;
        Tokens::of(&peer.exchange(&code)?.expect(200, "an exchange")?)
    }

    fn act(&self, peer: &Peer, old: &Tokens) -> Result<Answer> {
        peer.refresh("web", old.refresh()?)
    }

    fn check(&mut self, at: &mut Check<'_, '_>, old: &Tokens, answer: Option<&Answer>) -> Result<()> {
        let active = at.peer.is_active(&old.access)?;
        at.trial.must(active, || "the access token of before the refresh is not active".to_owned());
        // With the old token, as a client does that was not told; one that was told gets the very same.
        let retried = at.peer.refresh("web", old.refresh()?)?;
        at.trial.must(retried.status == 200, || format!("the old token: {} {}", retried.status, retried.body));
        if let Some(answer) = answer {
            at.trial.must(answer.body == retried.body, || "a retry got another answer than the first one".to_owned());
        }
        if retried.status != 200 {
            return Ok(());
        }
        let last = at.lives("web", &Tokens::of(&retried)?)?;
        let reuse = at.peer.refresh("web", old.refresh()?)?;
        at.trial.must(reuse.status == 400, || format!("a spent refresh token worked: {}", reuse.body));
        at.is_over("web", &last)
    }
}

/// A claim of the last of three seats.
pub(super) struct Seat;

impl Operation for Seat {
    type Ready = ();

    fn prepare(&mut self, deployment: &Deployment, peer: &Peer) -> Result<()> {
        for holder in deployment.seats("faults", "office")? {
            deployment.run(&["seat", "release", "office", &holder, "--yes", "--realm", "faults"])?;
        }
        for _ in 0..2 {
            peer.credentials("machine", "office")?.expect(200, "a free seat")?;
        }
        Ok(())
    }

    fn act(&self, peer: &Peer, (): &()) -> Result<Answer> {
        peer.credentials("machine", "office")
    }

    fn check(&mut self, at: &mut Check<'_, '_>, (): &(), answer: Option<&Answer>) -> Result<()> {
        let held = at.deployment.seats("faults", "office")?.len();
        at.trial.must((2..=3).contains(&held), || format!("{held} of 3 seats are held where 2 or 3 were claimed"));
        if let Some(answer) = answer {
            at.trial.must(answer.status == 200 && held == 3, || format!("{} with {held} held", answer.status));
            at.lives("machine", &Tokens::of(answer)?)?;
        }
        let mut more = 0;
        for _ in 0..3 {
            let claim = at.peer.credentials("machine", "office")?;
            match claim.status {
                200 => more += 1,
                400 if error_word(&claim) == "access_denied" => {}
                other => at.trial.violation(&format!("a claim was answered with {other}: {}", claim.body)),
            }
        }
        let after = at.deployment.seats("faults", "office")?.len();
        at.trial.must(held + more == 3 && after == 3, || format!("{held} held, {more} claimed, {after} held after"));
        Ok(())
    }
}

/// A person's consent to an app that nobody has consented to.
#[derive(Default)]
pub(super) struct Approve {
    browser: Option<Browser>,
    next: usize,
}

impl Operation for Approve {
    /// The app, and the request that consents.
    type Ready = (String, String);

    fn prepare(&mut self, _: &Deployment, peer: &Peer) -> Result<Self::Ready> {
        let mut browser = if let Some(browser) = &self.browser {
            browser.at(peer.address)
        } else {
            let mut browser = Browser::new(peer.address, &peer.host);
            browser.arrive(&authorize("web", "openid orders.read"), CALLBACK, "user-0", PASSWORD)?;
            browser
        };
        let client = format!("new-client-{}", self.next % NEW_CLIENTS);
        self.next += 1;
        let request = browser.consent(&authorize(&client, "orders.read")).context("the page that asks for consent")?;
        self.browser = Some(browser);
        Ok((client, request))
    }

    fn act(&self, peer: &Peer, (_, request): &Self::Ready) -> Result<Answer> {
        peer.send(request)
    }

    fn check(
        &mut self,
        at: &mut Check<'_, '_>,
        (client, request): &Self::Ready,
        answer: Option<&Answer>,
    ) -> Result<()> {
        let count = |sql: &str| at.deployment.count(at.trial.lab, &format!("SELECT count(*) FROM {sql}"));
        let consents = count(&format!("consent WHERE client = '{client}'"))?;
        let codes = count(&format!("code WHERE client = '{client}'"))?;
        // That the request was answered stands in the same transaction; what waits is stored nowhere.
        let whole = matches!((consents, codes), (1, 1) | (0, 0));
        at.trial.must(whole, || format!("half approved: {consents} consents, {codes} codes"));
        let code = match answer {
            Some(answer) => {
                at.trial.must(consents == 1, || "an approval was answered and is not there".to_owned());
                code_of(answer)
            }
            // Not told and not done: the same form once more. Not told and done: ask anew, nobody is asked again.
            None if consents == 0 => code_of(&at.peer.send(request)?),
            None => {
                let cookies = self.browser.as_ref().map(Browser::cookie_line).unwrap_or_default();
                code_of(&at.peer.browse(&authorize(client, "orders.read"), &cookies)?)
            }
        };
        match code {
            Ok(code) => {
                let answer = at.peer.send(&at.peer.exchange_request(client, &code))?;
                at.trial.must(answer.status == 200, || format!("the approved code: {} {}", answer.status, answer.body));
                if answer.status == 200 {
                    at.lives(client, &Tokens::of(&answer)?)?;
                }
            }
            Err(error) => at.trial.violation(&format!("no code after the approval: {error:#}")),
        }
        Ok(())
    }
}

impl Check<'_, '_> {
    /// Tokens that were answered are good: the access token is active, the refresh token works. The ones after them.
    fn lives(&mut self, client: &str, tokens: &Tokens) -> Result<Tokens> {
        let active = self.peer.is_active(&tokens.access)?;
        self.trial.must(active, || "an access token that was answered is not active".to_owned());
        let refreshed = self.peer.refresh(client, tokens.refresh()?)?;
        let seen = || format!("a refresh token that was answered: {} {}", refreshed.status, refreshed.body);
        self.trial.must(refreshed.status == 200, seen);
        if refreshed.status == 200 { Tokens::of(&refreshed) } else { Ok(tokens.clone()) }
    }

    /// After a theft was noticed nothing of the family lives.
    fn is_over(&mut self, client: &str, tokens: &Tokens) -> Result<()> {
        let active = self.peer.is_active(&tokens.access)?;
        self.trial.must(!active, || "an access token of a revoked family is active".to_owned());
        let refreshed = self.peer.refresh(client, tokens.refresh()?)?;
        self.trial.must(refreshed.status == 400, || format!("a revoked family was refreshed: {}", refreshed.body));
        Ok(())
    }
}
