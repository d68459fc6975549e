//! The account of a client's subscriptions: what is desired, what is actual and
//! at which server, and what each server is to be told because the two differ.
//!
//! ```text
//!   desired, none actual            -> subscribe at the target
//!   actual, not desired             -> unsubscribe where it is
//!   actual at another server        -> unsubscribe there, then subscribe at the target
//!   actual, but the server ended it -> subscribe again, to find out where
//! ```
//!
//! A subscription is at one server at a time: it is never made at the next
//! before the last has confirmed its end, or its connection is closed. So no
//! message comes twice.
//!
//! Servers are numbers here; only who uses the account knows more of them.

use crate::request::Kind;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Channels, Kind::Patterns, Kind::ShardedChannels];

    pub fn subscribe(self) -> &'static str {
        match self {
            Kind::Channels => "SUBSCRIBE",
            Kind::Patterns => "PSUBSCRIBE",
            Kind::ShardedChannels => "SSUBSCRIBE",
        }
    }

    pub fn unsubscribe(self) -> &'static str {
        match self {
            Kind::Channels => "UNSUBSCRIBE",
            Kind::Patterns => "PUNSUBSCRIBE",
            Kind::ShardedChannels => "SUNSUBSCRIBE",
        }
    }
}

/// A channel or pattern of a kind.
pub type Subscription = (Kind, Arc<[u8]>);

/// How many redirects are followed at once; later ones after a pause.
const REDIRECTS: u8 = 4;

/// `F` is why a server refuses.
pub struct Account<F> {
    entries: HashMap<Subscription, Entry<F>>,
    /// What each server may have to be told.
    queues: HashMap<u64, VecDeque<Subscription>>,
}

struct Entry<F> {
    desired: bool,
    /// The server where it is to be; none if nobody knows one.
    target: Option<u64>,
    /// The server where it is.
    actual: Option<u64>,
    /// The server says that it has ended.
    doubtful: bool,
    /// The server that is being told, and has not answered yet.
    asked: Option<u64>,
    /// It is being told to end it.
    ending: bool,
    /// It is not tried until its target changes or it is released.
    held: bool,
    redirects: u8,
    refusal: Option<F>,
    /// The queue that it is in.
    queued: Option<u64>,
}

impl<F> Default for Entry<F> {
    fn default() -> Self {
        Entry {
            desired: false,
            target: None,
            actual: None,
            doubtful: false,
            asked: None,
            ending: false,
            held: false,
            redirects: 0,
            refusal: None,
            queued: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Begin,
    End,
}

impl<F> Entry<F> {
    /// Returns what is to be done at which server.
    fn due(&self) -> Option<(u64, Task)> {
        if self.asked.is_some() {
            return None;
        }
        match self.actual {
            Some(at) if !self.desired => Some((at, Task::End)),
            Some(at) if self.target.is_some_and(|target| target != at) => Some((at, Task::End)),
            Some(at) if self.doubtful => Some((at, Task::Begin)),
            Some(_) => None,
            None if self.desired && !self.held => Some((self.target?, Task::Begin)),
            None => None,
        }
    }

    fn is_settled(&self) -> bool {
        self.actual.is_some() && self.asked.is_none()
    }

    fn is_over(&self) -> bool {
        self.actual.is_none() && self.asked.is_none()
    }

    fn aim(&mut self, target: Option<u64>) {
        if self.target != target {
            self.target = target;
            self.held &= self.redirects >= REDIRECTS;
        }
    }
}

/// What a server is to be told next.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Work {
    pub begin: Vec<Subscription>,
    pub end: Vec<Subscription>,
}

impl Work {
    pub fn is_empty(&self) -> bool {
        self.begin.is_empty() && self.end.is_empty()
    }
}

/// How far some subscriptions are that somebody waits for.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress<F> {
    Done,
    Waiting,
    Refused(F),
}

impl<F> Default for Account<F> {
    fn default() -> Self {
        Account { entries: HashMap::new(), queues: HashMap::new() }
    }
}

impl<F: Clone> Account<F> {
    /// Desires subscriptions, and returns all of them and those that were not
    /// desired before.
    pub fn desire(
        &mut self,
        kind: Kind,
        names: &[Vec<u8>],
        mut target: impl FnMut(&Subscription) -> Option<u64>,
    ) -> (Vec<Subscription>, Vec<Subscription>) {
        let mut seen = HashSet::new();
        let names = names.iter().filter(|name| seen.insert(name.as_slice()));
        let all: Vec<Subscription> = names.map(|name| (kind, name.as_slice().into())).collect();
        let mut new = Vec::new();
        for subscription in &all {
            let entry = self.entries.entry(subscription.clone()).or_default();
            if !entry.desired {
                new.push(subscription.clone());
                entry.aim(target(subscription));
            }
            entry.desired = true;
            entry.refusal = None;
            entry.held = false;
            self.settle(subscription);
        }
        (all, new)
    }

    /// Desires subscriptions no more.
    pub fn drop_desire(&mut self, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            if let Some(entry) = self.entries.get_mut(subscription) {
                entry.desired = false;
                self.settle(subscription);
            }
        }
    }

    /// Returns those that somebody unsubscribes from; no names are all of the
    /// kind.
    pub fn named(&self, kind: Kind, names: &[Vec<u8>]) -> Vec<Subscription> {
        match names {
            [] => self.entries.keys().filter(|(k, _)| *k == kind).cloned().collect(),
            names => names.iter().map(|name| (kind, name.as_slice().into())).collect(),
        }
    }

    /// Decides anew where each subscription is to be.
    pub fn aim(&mut self, mut target: impl FnMut(&Subscription, Option<u64>) -> Option<u64>) {
        let mut moved = Vec::new();
        for (subscription, entry) in self.entries.iter_mut().filter(|(_, entry)| entry.desired) {
            let before = entry.target;
            entry.aim(target(subscription, before));
            if entry.target != before {
                moved.push(subscription.clone());
            }
        }
        moved.iter().for_each(|subscription| self.settle(subscription));
    }

    /// Returns what a server is to be told next, at most so much.
    pub fn take(&mut self, server: u64, most: usize) -> Work {
        let mut work = Work::default();
        while work.begin.len() + work.end.len() < most {
            let Some(queue) = self.queues.get_mut(&server) else { break };
            let Some(subscription) = queue.pop_front() else {
                self.queues.remove(&server);
                break;
            };
            let Some(entry) = self.entries.get_mut(&subscription) else { continue };
            if entry.queued != Some(server) {
                continue;
            }
            entry.queued = None;
            match entry.due() {
                Some((at, task)) if at == server => {
                    entry.asked = Some(server);
                    entry.doubtful = false;
                    entry.ending = task == Task::End;
                    match task {
                        Task::Begin => work.begin.push(subscription),
                        Task::End => work.end.push(subscription),
                    }
                }
                _ => self.settle(&subscription),
            }
        }
        work
    }

    /// Reports whether there is something to tell a server.
    pub fn has_work(&self, server: u64) -> bool {
        self.queues.get(&server).is_some_and(|queue| !queue.is_empty())
    }

    /// A server has confirmed a subscription.
    pub fn begun(&mut self, subscription: &Subscription, server: u64) {
        self.change(subscription, |entry| {
            (entry.actual, entry.asked) = (Some(server), None);
            (entry.redirects, entry.refusal) = (0, None);
        });
    }

    /// A server has confirmed the end of a subscription.
    pub fn ended(&mut self, subscription: &Subscription) {
        self.change(subscription, |entry| (entry.actual, entry.asked) = (None, None));
    }

    /// A server refuses a subscription; it is held.
    pub fn refused(&mut self, subscription: &Subscription, failure: F) {
        self.change(subscription, |entry| {
            (entry.actual, entry.asked) = (None, None);
            (entry.held, entry.refusal) = (true, Some(failure));
        });
    }

    /// A server cannot do it now, or another is to; it is held unless it is to
    /// be elsewhere.
    pub fn postponed(&mut self, subscription: &Subscription, server: u64, redirected: bool) {
        self.change(subscription, |entry| {
            (entry.actual, entry.asked) = (None, None);
            entry.redirects = entry.redirects.saturating_add(redirected.into());
            entry.held = entry.target == Some(server) || entry.redirects >= REDIRECTS;
        });
    }

    /// Lets subscriptions be tried again that were held.
    pub fn release(&mut self, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            if let Some(entry) = self.entries.get_mut(subscription) {
                (entry.held, entry.redirects) = (false, 0);
                self.settle(subscription);
            }
        }
    }

    /// A server says that it has ended a subscription. Returns whether that may
    /// be one which is desired. It may be known before its beginning is: that is
    /// told by another way.
    pub fn doubt(&mut self, subscription: &Subscription) -> bool {
        let Some(entry) = self.entries.get_mut(subscription) else { return false };
        let is_there = entry.actual.is_some() || entry.asked.is_some();
        let is_asked_for = entry.asked.is_some() && entry.ending;
        entry.doubtful = entry.desired && is_there && !is_asked_for;
        let doubtful = entry.doubtful;
        self.settle(subscription);
        doubtful
    }

    /// The connection to a server is lost, and all subscriptions there with it.
    pub fn lost(&mut self, server: u64) {
        let all: Vec<Subscription> = self.entries.keys().cloned().collect();
        for subscription in all {
            self.change(&subscription, |entry| {
                if entry.actual == Some(server) {
                    (entry.actual, entry.doubtful) = (None, false);
                }
                if entry.asked == Some(server) {
                    entry.asked = None;
                }
                if entry.target == Some(server) {
                    (entry.held, entry.redirects) = (false, 0);
                }
            });
        }
    }

    /// Reports whether anything is to be at a server.
    pub fn needs(&self, server: u64) -> bool {
        self.entries.values().any(|entry| entry.desired && entry.target == Some(server))
    }

    /// Reports whether something at a server is to be elsewhere.
    pub fn is_left(&self, server: u64) -> bool {
        let is_here = |entry: &Entry<F>| entry.actual == Some(server) || entry.asked == Some(server);
        let elsewhere = |entry: &Entry<F>| entry.target.is_some_and(|target| target != server);
        self.entries.values().any(|e| e.desired && is_here(e) && elsewhere(e))
    }

    /// Tells how far subscriptions are that are being made.
    pub fn progress(&self, subscriptions: &[Subscription]) -> Progress<F> {
        let mut progress = Progress::Done;
        for entry in subscriptions.iter().filter_map(|s| self.entries.get(s)).filter(|e| e.desired) {
            if let Some(refusal) = &entry.refusal {
                return Progress::Refused(refusal.clone());
            }
            if !entry.is_settled() {
                progress = Progress::Waiting;
            }
        }
        progress
    }

    /// Reports whether subscriptions have ended, or are desired again.
    pub fn are_over(&self, subscriptions: &[Subscription]) -> bool {
        let entries = subscriptions.iter().filter_map(|s| self.entries.get(s));
        entries.into_iter().all(|entry| entry.desired || entry.is_over())
    }

    /// Returns a server that has not done yet what it should about these.
    pub fn awaited(&self, subscriptions: &[Subscription]) -> Option<u64> {
        subscriptions.iter().filter_map(|s| self.entries.get(s)).find_map(|entry| {
            match (entry.asked, entry.actual) {
                (Some(asked), _) => Some(asked),
                (None, Some(at)) if !entry.desired => Some(at),
                (None, Some(_)) => None,
                (None, None) => entry.target.filter(|_| entry.desired),
            }
        })
    }

    /// Returns the names of a kind that are desired, and those that are actual.
    pub fn list(&self, kind: Kind) -> (Vec<Arc<[u8]>>, Vec<Arc<[u8]>>) {
        let of_kind = || self.entries.iter().filter(move |((k, _), _)| *k == kind);
        let desired = of_kind().filter(|(_, e)| e.desired).map(|((_, name), _)| name.clone());
        let actual = of_kind().filter(|(_, e)| e.actual.is_some()).map(|((_, name), _)| name.clone());
        (desired.collect(), actual.collect())
    }

    fn change(&mut self, subscription: &Subscription, change: impl FnOnce(&mut Entry<F>)) {
        change(self.entries.entry(subscription.clone()).or_default());
        self.settle(subscription);
    }

    /// Queues what is to be done about a subscription, or forgets it.
    fn settle(&mut self, subscription: &Subscription) {
        let Some(entry) = self.entries.get_mut(subscription) else { return };
        if !entry.desired && entry.is_over() {
            self.entries.remove(subscription);
            return;
        }
        if let Some((server, _)) = entry.due()
            && entry.queued != Some(server)
        {
            entry.queued = Some(server);
            self.queues.entry(server).or_default().push_back(subscription.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: u64 = 1;
    const B: u64 = 2;

    type Texts = Account<&'static str>;

    fn news() -> Subscription {
        (Kind::Channels, b"news".as_slice().into())
    }

    fn desire(account: &mut Texts, at: u64) -> Vec<Subscription> {
        account.desire(Kind::Channels, &[b"news".to_vec()], |_| Some(at)).1
    }

    fn begin(account: &mut Texts, at: u64) {
        assert_eq!(account.take(at, 9), Work { begin: vec![news()], end: vec![] });
        account.begun(&news(), at);
    }

    fn subscribed(at: u64) -> Texts {
        let mut account = Texts::default();
        desire(&mut account, at);
        begin(&mut account, at);
        account
    }

    fn is_idle(account: &mut Texts) -> bool {
        [A, B].iter().all(|server| account.take(*server, 9).is_empty())
    }

    #[test]
    fn subscription_is_made_once_and_ended_once() {
        let mut account = Texts::default();
        assert_eq!(desire(&mut account, A), [news()]);
        assert_eq!(desire(&mut account, A), []);
        assert_eq!(account.progress(&[news()]), Progress::Waiting);
        assert_eq!(account.awaited(&[news()]), Some(A));
        begin(&mut account, A);
        assert_eq!(account.progress(&[news()]), Progress::Done);
        assert!(is_idle(&mut account));

        let named = account.named(Kind::Channels, &[]);
        account.drop_desire(&named);
        assert!(!account.are_over(&named));
        assert_eq!(account.take(A, 9), Work { begin: vec![], end: vec![news()] });
        account.ended(&news());
        assert!(account.are_over(&named) && is_idle(&mut account));
        assert_eq!(account.list(Kind::Channels), (vec![], vec![]));
    }

    #[test]
    fn subscription_that_moves_ends_before_it_begins() {
        let mut account = subscribed(A);
        account.aim(|_, _| Some(B));
        assert!(account.take(B, 9).is_empty());
        assert_eq!(account.take(A, 9).end, [news()]);
        assert!(account.take(B, 9).is_empty());
        account.ended(&news());
        begin(&mut account, B);
        assert!(is_idle(&mut account));
    }

    #[test]
    fn subscription_at_a_server_that_does_not_answer_moves_when_it_is_given_up() {
        let mut account = subscribed(A);
        account.aim(|_, _| Some(B));
        assert_eq!(account.take(A, 9).end, [news()]);
        assert!(account.is_left(A) && !account.needs(A) && account.needs(B));
        account.lost(A);
        begin(&mut account, B);
        assert!(!account.is_left(A));
    }

    #[test]
    fn all_is_subscribed_again_when_the_connection_was_lost() {
        let mut account = subscribed(A);
        account.lost(B);
        assert!(is_idle(&mut account));
        account.lost(A);
        assert_eq!(account.list(Kind::Channels).1, []);
        assert_eq!(account.take(A, 9).begin, [news()]);
        // Lost again before it was answered.
        account.lost(A);
        begin(&mut account, A);
    }

    #[test]
    fn what_is_refused_is_held_until_it_is_released_or_desired_again() {
        let mut account = Texts::default();
        desire(&mut account, A);
        assert_eq!(account.take(A, 9).begin, [news()]);
        account.refused(&news(), "NOPERM");
        assert_eq!(account.progress(&[news()]), Progress::Refused("NOPERM"));
        assert!(is_idle(&mut account));
        account.release(&[news()]);
        assert_eq!(account.take(A, 9).begin, [news()]);
        account.refused(&news(), "NOPERM");
        desire(&mut account, A);
        assert_eq!(account.progress(&[news()]), Progress::Waiting);
        begin(&mut account, A);
        assert_eq!(account.progress(&[news()]), Progress::Done);
    }

    #[test]
    fn redirects_are_followed_at_once_only_so_often() {
        let mut account = Texts::default();
        desire(&mut account, A);
        let mut followed = 0;
        for (at, next) in [(A, B), (B, A)].into_iter().cycle().take(20) {
            if account.take(at, 9).is_empty() {
                break;
            }
            followed += 1;
            account.postponed(&news(), at, true);
            account.aim(|_, _| Some(next));
        }
        assert_eq!(followed, REDIRECTS);
        account.release(&[news()]);
        assert!(!is_idle(&mut account));
    }

    #[test]
    fn redirect_to_a_server_that_is_the_target_by_then_is_followed_at_once() {
        let mut account = Texts::default();
        desire(&mut account, A);
        assert_eq!(account.take(A, 9).begin, [news()]);
        account.aim(|_, _| Some(B));
        account.postponed(&news(), A, true);
        begin(&mut account, B);
    }

    #[test]
    fn subscription_that_the_server_ended_is_made_again() {
        let mut account = subscribed(A);
        assert!(account.doubt(&news()));
        begin(&mut account, A);
        assert!(is_idle(&mut account));
        account.drop_desire(&[news()]);
        assert!(!account.doubt(&news()), "it was asked to");
    }

    #[test]
    fn subscription_that_ended_before_its_beginning_is_known_is_made_again() {
        let mut account = Texts::default();
        desire(&mut account, A);
        assert_eq!(account.take(A, 9).begin, [news()]);
        assert!(account.doubt(&news()));
        account.begun(&news(), A);
        begin(&mut account, A);
        assert!(is_idle(&mut account));

        // That of an end that was asked for is no reason.
        account.aim(|_, _| Some(B));
        assert_eq!(account.take(A, 9).end, [news()]);
        assert!(!account.doubt(&news()));
        account.ended(&news());
        begin(&mut account, B);
        assert!(is_idle(&mut account));
    }

    #[test]
    fn what_changes_while_a_server_is_asked_is_done_afterwards() {
        let mut account = Texts::default();
        desire(&mut account, A);
        assert_eq!(account.take(A, 9).begin, [news()]);
        account.drop_desire(&[news()]);
        assert!(!account.are_over(&[news()]) && is_idle(&mut account));
        account.begun(&news(), A);
        assert_eq!(account.take(A, 9).end, [news()]);
        desire(&mut account, A);
        assert_eq!(account.progress(&[news()]), Progress::Waiting, "it is about to end");
        account.ended(&news());
        begin(&mut account, A);
    }

    #[test]
    fn without_a_target_a_subscription_stays_where_it_is() {
        let mut account = subscribed(A);
        account.aim(|_, _| None);
        assert!(is_idle(&mut account));
        assert_eq!(account.progress(&[news()]), Progress::Done);
    }
}
