//! Settings that cannot be read open no connection.

use super::{
    client::{Client, Got},
    server::Server,
};
use crate::{
    abi::Outcome,
    core::{connect::Connector, settings::Settings},
    event_loop::observer::Observer,
    wire::{self, failure::Failure},
};
use redis::aio::DisconnectNotifier;
use std::{pin::Pin, sync::Arc, time::Duration};

#[derive(Clone)]
struct Nobody;

impl DisconnectNotifier for Nobody {
    fn notify_disconnect(&mut self) {}

    fn wait_for_disconnect_with_timeout<'a, 'b, 'c>(
        &'a self,
        _: &'b Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
    {
        Box::pin(std::future::pending())
    }

    fn clone_box(&self) -> Box<dyn DisconnectNotifier> {
        Box::new(self.clone())
    }
}

#[test]
fn settings_that_cannot_be_read_open_no_connection() {
    let server = Server::usual();
    let engine = Client::standalone(&Server::usual()).engine;
    let observer = Observer::of(engine, &wire::ConnectionRequest::default());
    // A field that breaks off; a port that cannot be; a protocol that is not known.
    for bytes in [&[0x0a, 0x7f][..], &[0x0a, 0x04, 0x10, 0x80, 0x80, 0x04], &[0x48, 0x09]] {
        let settings = Arc::new(Settings::of_bytes(bytes));
        let refused: Failure = engine.runtime.block_on(async {
            let connector = Connector::new(engine, settings.clone(), observer.clone());
            let shared =
                connector.multiplexed(&server.address, false, Box::new(Nobody), None).await;
            let dedicated = connector.dedicated(&server.address).await;
            assert!(dedicated.is_err());
            shared.err().unwrap()
        });
        let is_told = matches!(refused.outcome, Outcome::Internal | Outcome::Configuration);
        assert!(is_told, "{refused:?}");
        settings.change(|message| message.database = 1);
        assert!(settings.checked().is_err(), "a change does not make them readable");
    }
    assert_eq!(server.connections_of(""), 0);
    assert_eq!(server.closed(), 0);
}

#[test]
fn settings_with_unknown_values_are_refused() {
    let server = Server::usual();
    let changes: [fn(&mut wire::ConnectionRequest); 6] = [
        |request| request.protocol = 9,
        |request| request.read_from = 99,
        |request| request.node_discovery = 9,
        |request| {
            request.tls.get_or_insert_default().minimum_version = 0x0305;
        },
        |request| {
            let compression = wire::Compression { algorithm: 9, ..Default::default() };
            request.compression = Some(compression);
        },
        |request| {
            let iam = Some(wire::Iam { service: 9, ..Default::default() });
            request.credentials.get_or_insert_default().iam = iam;
        },
    ];
    for change in changes {
        let (client, connected) = Client::connecting(&server, change);
        let got = client.wait(connected);
        assert!(matches!(&got, Got::Failed(6, _, text) if text.contains("unknown")), "{got:?}");
    }
    assert_eq!(server.closed(), 0);
}
