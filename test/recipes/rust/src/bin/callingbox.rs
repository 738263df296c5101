use std::collections::HashSet;
use std::env::var;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Whether `t=<unix seconds>,v1=<hex>[,v1=<hex>…]` signs the body, at most five minutes from now.
/// The key is the whole secret, `whsec_` included.
fn is_signed(header: &str, body: &[u8], secret: &str) -> bool {
    let Some(time) = header.split(',').find_map(|part| part.strip_prefix("t=")) else {
        return false;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    if !time.parse().is_ok_and(|time: u64| now.abs_diff(time) <= 300) {
        return false;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let signatures = header.split(',').filter_map(|part| part.strip_prefix("v1="));
    let mut signatures = signatures.filter_map(|signature| hex::decode(signature).ok());
    // It compares in constant time.
    signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let secret = var("WEBHOOK_SECRET").unwrap_or_default();
    if !(secret.starts_with("whsec_") && secret.len() >= 38) {
        eprintln!("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_");
        std::process::exit(1); // without it, anybody could sign
    }
    // A table with a unique index, where it is to last.
    let seen = Arc::new(Mutex::new(HashSet::new()));

    // Bytes, not Json: what is signed is the bytes as they arrived.
    let receive = async move |headers: HeaderMap, body: Bytes| {
        let header = headers.get("CallingBox-Signature").map(|value| value.to_str());
        if !matches!(header, Some(Ok(header)) if is_signed(header, &body, &secret)) {
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
