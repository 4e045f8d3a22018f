//! One request, from its head to the answer.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use crossbeam_channel::Sender;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::auth::Authenticator;
use super::inspection::{Encoding, Inspection};
use super::refusal::Refusal;
use super::replay::Remembered;
use super::{body, envelope, handshake};
use crate::config::WebhookSource;
use crate::detector::{Inspector, Slice};
use crate::event::Time;
use crate::observe::Metrics;
use crate::receive::{Intake, Origin, Stretch};

/// Bodies that are in memory at once, as they were on the wire; the next request waits.
const BODIES_MAX: usize = 32;
/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(10);

/// What answers requests.
pub(super) struct Desk {
    source: WebhookSource,
    name: Arc<str>,
    authenticator: Authenticator,
    remembered: Remembered,
    inspector: Inspector,
    intake: Sender<Intake>,
    metrics: Arc<Metrics>,
    bodies: Semaphore,
    /// One body for each core is inflated and judged at once; more would not be faster.
    inspections: Arc<Semaphore>,
}

impl Desk {
    pub(super) fn new(
        source: WebhookSource,
        authenticator: Authenticator,
        inspector: Inspector,
        intake: Sender<Intake>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            name: source.name.as_str().into(),
            source,
            authenticator,
            remembered: Remembered::default(),
            inspector,
            intake,
            metrics,
            bodies: Semaphore::new(BODIES_MAX),
            inspections: Arc::new(Semaphore::new(available_parallelism().map_or(1, NonZero::get))),
        }
    }

    /// Answers a request, whatever it is.
    pub(super) async fn answer(&self, request: Request) -> Response {
        let response = self.route(request).await.unwrap_or_else(IntoResponse::into_response);
        self.metrics.webhook_answered(&self.name, response.status().as_u16());
        response
    }

    async fn route(&self, request: Request) -> Result<Response, Refusal> {
        match *request.method() {
            _ if request.uri().path() != self.source.path => Err(Refusal::NotFound),
            Method::POST => self.post(request).await,
            Method::OPTIONS => handshake::consent(request.headers(), &self.source.allowed_origins),
            _ => Err(Refusal::Method),
        }
    }

    async fn post(&self, request: Request) -> Result<Response, Refusal> {
        let (head, body) = request.into_parts();
        let now = now();
        let seconds = now.as_micros() / 1_000_000;
        let claim = self.authenticator.examine(&head.headers, seconds)?;
        let encoding = Encoding::of(&head.headers)?;

        let permit = timeout(self.source.timeout, self.bodies.acquire()).await.map_err(|_| Refusal::Busy)?;
        let wire = body::read(body, self.source.body_bytes_max, ARRIVAL_MAX).await?;
        let signature = claim.verify(&wire)?;
        if handshake::is_validation(&head.headers) {
            return handshake::validate(&wire);
        }
        if signature.is_some_and(|signature| self.remembered.holds(&signature)) {
            return Ok(accepted(0));
        }
        let slice = self.inspect(&head, encoding, wire, now).await?;
        drop(permit);

        let records = slice.outcomes.total();
        self.make_durable(slice).await?;
        if let Some(signature) = signature {
            self.remembered.insert(signature, seconds);
        }
        Ok(accepted(records))
    }

    /// Inflates, decodes and judges, off the threads that serve everybody.
    async fn inspect(&self, head: &Parts, encoding: Encoding, wire: Vec<u8>, now: Time) -> Result<Slice, Refusal> {
        let inspection = Inspection {
            inspector: self.inspector.clone(),
            origin: format!("{}/{:016x}", self.name, fastrand::u64(..)),
            arrival: now,
            encoding,
            is_enveloped: envelope::is_announced(&head.headers),
            inflated_bytes_max: self.source.inflated_bytes_max,
        };
        let permit = Arc::clone(&self.inspections).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let bytes = wire.len();
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            inspection.run(&wire)
        });
        let slice = work.await.map_err(|_| Refusal::Busy)?;
        self.metrics.inspected(&self.name, bytes, &slice);
        Ok(slice)
    }

    /// Hands over, and waits until it is told that the records are durable. Where it is not told in time they may become
    /// so all the same; the sender repeats them, and repeated rows are recognised later.
    async fn make_durable(&self, slice: Slice) -> Result<(), Refusal> {
        if slice.outcomes.total() == 0 {
            return Ok(());
        }
        let (durable, told) = oneshot::channel();
        let stretch = Stretch { origin: Origin::Request { source: Arc::clone(&self.name) }, slice };
        let intake = Intake { stretches: vec![stretch], durable: Some(durable) };
        self.intake.try_send(intake).map_err(|_| Refusal::Busy)?;
        match timeout(self.source.timeout, told).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Refusal::NotDurable),
        }
    }
}

fn accepted(records: u64) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], format!(r#"{{"records":{records}}}"#)).into_response()
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
