//! What an API says of itself, so that a client that was told only its address finds out where tokens come from (RFC 9728).

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Map, Value, json};

/// Where the document is (RFC 9728 section 3).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// An API as it describes itself; for [`GuardBuilder::protected_resource`](crate::GuardBuilder::protected_resource).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedResource {
    resource: String,
    scopes: Vec<String>,
    members: Map<String, Value>,
}

impl ProtectedResource {
    /// The API at this address, as its clients spell it: `https://api.example.com`, or with the path that is its own.
    pub fn new(resource: impl Into<String>) -> Self {
        Self { resource: resource.into(), scopes: Vec::new(), members: Map::new() }
    }

    /// The scopes that a client asks for to begin with (`scopes_supported`). They are also named where a request comes without a
    /// token, unless the route needs others.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// What people call it (`resource_name`).
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.member("resource_name", name.into())
    }

    /// Where people read about it (`resource_documentation`).
    #[must_use]
    pub fn documentation(self, url: impl Into<String>) -> Self {
        self.member("resource_documentation", url.into())
    }

    fn member(mut self, name: &str, value: String) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

/// The document, ready to be served.
#[derive(Debug)]
pub struct ResourceMetadata {
    path: String,
    url: String,
    scope: Option<String>,
    document: Bytes,
}

impl ResourceMetadata {
    /// The document of an API whose tokens come from `issuer`; none where its address is no `http` or `https` URL, or has a user name,
    /// a query or a fragment.
    pub(crate) fn new(described: ProtectedResource, issuer: &str, binds_keys: bool) -> Option<Self> {
        let ProtectedResource { resource, scopes, members } = described;
        let parsed = reqwest::Url::parse(&resource).ok()?;
        let is_good = matches!(parsed.scheme(), "http" | "https")
            && parsed.has_host()
            && parsed.username().is_empty()
            && parsed.password().is_none()
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !is_good {
            return None;
        }
        let path = format!("{WELL_KNOWN}{}", parsed.path().trim_end_matches('/'));
        let url = format!("{}{path}", parsed.origin().ascii_serialization());
        let mut document = json!({
            "resource": resource,
            "authorization_servers": [issuer],
            "bearer_methods_supported": ["header"],
        });
        if let Some(object) = document.as_object_mut() {
            if !scopes.is_empty() {
                object.insert("scopes_supported".to_owned(), scopes.clone().into());
            }
            if binds_keys {
                let algorithms: Vec<&str> = crate::dpop::ALGORITHMS.iter().map(|one| one.name()).collect();
                object.insert("dpop_signing_alg_values_supported".to_owned(), algorithms.into());
            }
            object.extend(members);
        }
        let scope = (!scopes.is_empty()).then(|| scopes.join(" "));
        Some(Self { path, url, scope, document: document.to_string().into() })
    }

    /// The path at which it is served, at the API's own host.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole address, which refusals name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The scopes to begin with.
    pub(crate) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The answer to a request at [`path`](Self::path). Programs in browsers may read it, wherever they come from.
    pub fn answer(&self, method: &Method) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        match *method {
            Method::GET | Method::HEAD => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
                if *method == Method::GET {
                    *response.body_mut() = self.document.clone();
                }
            }
            Method::OPTIONS => {
                headers.insert("access-control-allow-headers", HeaderValue::from_static("*"));
                headers.insert("access-control-allow-methods", HeaderValue::from_static("GET"));
                *response.status_mut() = StatusCode::NO_CONTENT;
            }
            _ => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
                *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::{ProtectedResource, ResourceMetadata};
    use http::Method;
    use serde_json::{Value, json};

    fn made(resource: &str) -> Option<ResourceMetadata> {
        ResourceMetadata::new(ProtectedResource::new(resource), "https://login.example", false)
    }

    #[test]
    fn the_document_stands_between_host_and_path() {
        for (resource, url) in [
            ("https://api.example", "https://api.example/.well-known/oauth-protected-resource"),
            ("https://api.example/", "https://api.example/.well-known/oauth-protected-resource"),
            ("https://api.example:8443/mcp", "https://api.example:8443/.well-known/oauth-protected-resource/mcp"),
            ("http://localhost:1/a/b/", "http://localhost:1/.well-known/oauth-protected-resource/a/b"),
        ] {
            assert_eq!(made(resource).unwrap().url(), url);
        }
        for bad in [
            "api.example",
            "ftp://api.example",
            "https://u@api.example",
            "https://api.example/?a",
            "https://api.example/#a",
        ] {
            assert!(made(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn it_names_the_issuer_and_what_the_api_says_of_itself() {
        let described = ProtectedResource::new("https://api.example/mcp")
            .scopes(["orders", "offline_access"])
            .name("Orders")
            .documentation("https://docs.example/");
        let metadata = ResourceMetadata::new(described, "https://login.example", true).unwrap();
        let answer = metadata.answer(&Method::GET);
        let document: Value = serde_json::from_slice(answer.body()).unwrap();
        let algorithms = document["dpop_signing_alg_values_supported"].clone();
        assert!(algorithms.as_array().unwrap().contains(&json!("ES256")));
        assert_eq!(
            document,
            json!({
                "resource": "https://api.example/mcp",
                "authorization_servers": ["https://login.example"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": ["orders", "offline_access"],
                "dpop_signing_alg_values_supported": algorithms,
                "resource_name": "Orders",
                "resource_documentation": "https://docs.example/",
            })
        );
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(metadata.answer(&Method::POST).status(), 405);
        assert!(metadata.answer(&Method::HEAD).body().is_empty());
    }
}
