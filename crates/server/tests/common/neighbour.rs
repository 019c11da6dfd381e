//! Another realm of the same server.

use super::{NOW, Server, listen, realm, user};
use claviger_core::realm::Realm;
use claviger_server::http::{Limits, Network};
use claviger_server::secrets::Secrets;
use claviger_server::{Service, server};
use std::sync::Arc;
use tokio::sync::watch;

impl Server {
    /// Another realm of this very server, at an address of its own and with an issuer of its own, where the same people are.
    pub async fn neighbour(&self, adapt: impl FnOnce(&mut Realm)) -> Self {
        let (listener, address) = listen().await;
        let mut realm = realm(&address.to_string());
        realm.id = "neighbour".into();
        adapt(&mut realm);
        self.store.put_realm(&realm, NOW).await.unwrap();
        let service = Service { state: Arc::clone(&self.state), fallback: None, realms: None };
        let (stop, stopped) = watch::channel(false);
        let limits = Limits { proxies: ["127.0.0.1".parse::<Network>().unwrap()].into(), ..Limits::default() };
        let task = Some(tokio::spawn(server::run(service, vec![listener], limits, stopped)));
        let this = Self {
            store: self.store.clone(),
            realm,
            origin: format!("http://{address}"),
            address,
            http: self.http.clone(),
            url: self.url.clone(),
            master: self.master.clone(),
            state: Arc::clone(&self.state),
            clock: Arc::clone(&self.clock),
            secrets: Secrets::load(&self.store, &self.master).await.unwrap(),
            stop,
            task,
        };
        this.add_user(&user("u1", "alice")).await;
        this
    }
}
