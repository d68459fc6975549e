//! Canaries: each of these tests fails when the core no longer has a defect that
//! we work around. Then read the card in docs/core-defects.md and delete the
//! workaround.

use glide_core::iam::{CredentialsProvider, GlideIAMError, IAMTokenManager, ServiceType};
use redis::{
    Cmd, ConnectionAddr, ConnectionInfo, GlideConnectionOptions, ProtocolVersion,
    RedisConnectionInfo, Value,
    aio::{AsyncStream, MultiplexedConnection},
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo, is_readonly_cmd},
    parse_redis_value,
};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::{Builder, Runtime},
    time::timeout,
};

/// The replies to what the core sends on each connection: CLIENT SETINFO, twice.
const SET_UP: &[u8] = b"+OK\r\n+OK\r\n";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Has the core set up a connection, without a server.
async fn connect(
    near: DuplexStream,
) -> redis::RedisResult<(MultiplexedConnection, Pin<Box<dyn Future<Output = ()> + Send>>)> {
    let info = ConnectionInfo {
        addr: ConnectionAddr::Tcp(String::new(), 0),
        redis: RedisConnectionInfo {
            protocol: ProtocolVersion::RESP2,
            ..RedisConnectionInfo::default()
        },
    };
    let stream: Pin<Box<dyn AsyncStream + Send + Sync>> = Box::pin(near);
    let (connection, task) =
        MultiplexedConnection::new(&info, stream, GlideConnectionOptions::default()).await?;
    Ok((connection, Box::pin(task)))
}

fn command(words: &[&str]) -> Cmd {
    let mut cmd = Cmd::new();
    for word in words {
        cmd.arg(word);
    }
    cmd
}

/// Card "big numbers".
#[test]
fn time_to_parse_a_big_number_grows_with_the_square_of_its_digits() {
    let parse = |digits: usize| {
        let reply = [&b"("[..], &b"7".repeat(digits), b"\r\n"].concat();
        let once = || {
            let begun = Instant::now();
            parse_redis_value(&reply).expect("a big number");
            begun.elapsed()
        };
        (0..3).map(|_| once()).min().expect("three times")
    };
    // Sixteen times as many take about 16 or about 256 times as long.
    let (few, many) = (parse(10_000), parse(160_000));
    assert!(many > few * 48, "{few:?}, {many:?}");
}

/// Card "deep replies".
#[test]
fn deep_replies_are_refused() {
    let nested = |depth: usize| [&b"*1\r\n".repeat(depth)[..], b":1\r\n"].concat();
    assert!(parse_redis_value(&nested(50)).is_ok());
    assert!(parse_redis_value(&nested(200)).is_err());
}

/// Card "connections that are given up".
#[test]
fn connection_that_is_given_up_with_a_request_in_flight_stays_open() {
    runtime().block_on(async {
        let (near, mut far) = tokio::io::duplex(4096);
        far.write_all(SET_UP).await.expect("the replies");
        let (mut connection, task) = connect(near).await.expect("a connection");
        let task = tokio::spawn(task);
        let request = tokio::spawn(async move {
            let _ = connection.send_packed_command(&command(&["BLPOP", "key", "0"])).await;
        });
        let mut sent = Vec::new();
        while !sent.windows(5).any(|window| window == b"BLPOP") {
            sent.push(far.read_u8().await.expect("the request"));
        }
        request.abort();
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_millis(200), far.read_to_end(&mut rest)).await;
        assert!(closed.is_err() && !task.is_finished(), "it was closed");
    });
}

/// Card "keys of unknown commands".
#[test]
fn first_word_of_an_unknown_command_is_taken_for_a_key() {
    for words in [["UNKNOWN", "word"], ["COMMANDLOG", "RESET"]] {
        let route = RoutingInfo::for_routable(&command(&words));
        let Some(RoutingInfo::SingleNode(SingleNodeRoutingInfo::SpecificNode(_))) = route else {
            panic!("{words:?}: {route:?}");
        };
    }
}

/// Card "commands that only read".
#[test]
fn commands_that_change_something_count_as_reading() {
    for name in ["PUBLISH", "ACL DELUSER"] {
        assert!(is_readonly_cmd(name.as_bytes()), "{name}");
    }
}

/// Card "IAM tokens".
#[test]
fn renewal_of_a_token_that_fails_is_not_reported() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let provider: CredentialsProvider = Arc::new(move || match counted.fetch_add(1, Relaxed) {
        0 => Ok(("key".to_owned(), "secret".to_owned(), None, None)),
        _ => Err(GlideIAMError::CredentialsError("they are gone".to_owned())),
    });
    runtime().block_on(async {
        let text = |text: &str| text.to_owned();
        let (cluster, user, region) = (text("cluster"), text("user"), text("us-east-1"));
        let service = ServiceType::ElastiCache;
        let tokens = IAMTokenManager::new(cluster, user, region, service, None, Some(provider));
        let tokens = tokens.await.expect("a token");
        let before = tokens.get_token().await;
        // Nothing is returned, and the token is that from before.
        let () = tokens.refresh_token().await;
        assert_eq!(asked.load(Relaxed), 2, "it did not ask for credentials");
        assert_eq!(tokens.get_token().await, before);
    });
}

/// Card "replies that are converted".
#[test]
fn replies_come_as_the_server_sent_them() {
    runtime().block_on(async {
        let (near, mut far) = tokio::io::duplex(4096);
        far.write_all(SET_UP).await.expect("the replies");
        let (mut connection, task) = connect(near).await.expect("a connection");
        tokio::spawn(task);
        far.write_all(b"*2\r\n$1\r\nf\r\n$1\r\nv\r\n").await.expect("the reply");
        let reply = connection.send_packed_command(&command(&["HGETALL", "key"])).await;
        assert!(matches!(reply, Ok(Value::Array(_))), "{reply:?}");
    });
}

/// Card "errors as text".
#[test]
fn text_of_the_core_stands_before_that_of_the_server() {
    let reply = parse_redis_value(b"-LOADING it is loading\r\n").expect("a reply");
    let Value::ServerError(error) = reply else { panic!("{reply:?} is no error") };
    let text = redis::RedisError::from(error).to_string();
    assert!(text.starts_with("An error was signalled by the server"), "{text}");
}
