use std::collections::HashSet;
use std::env::var;
use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
use serde_json::Value;
use standardwebhooks::Webhook;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let secret = var("WEBHOOK_SECRET").unwrap_or_default();
    if !(secret.starts_with("whsec_") && secret.len() >= 38) {
        eprintln!("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_");
        std::process::exit(1); // without it, anybody could sign
    }
    let webhook = Arc::new(Webhook::new(&secret).unwrap());
    // A table with a unique index, where it is to last.
    let seen = Arc::new(Mutex::new(HashSet::new()));

    // Bytes, not Json: what is signed is the bytes as they arrived.
    let receive = async move |headers: HeaderMap, body: Bytes| {
        if webhook.verify(&body, &headers).is_err() {
            return StatusCode::BAD_REQUEST;
        }
        let Ok(event) = serde_json::from_slice::<Value>(&body) else {
            return StatusCode::BAD_REQUEST;
        };
        if seen.lock().unwrap().insert(event["id"].to_string()) {
            // What takes longer goes into a queue of yours.
            println!("{} {}", event["type"], event["id"]);
        }
        StatusCode::NO_CONTENT
    };

    let app = Router::new().route("/webhooks", post(receive));
    let address = format!("localhost:{}", var("PORT").unwrap());
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
