//! The reconciliation of a client's subscriptions: where each is desired, where it is
//! actual, and what each server has to be told because the two differ.
//!
//! A subscription is assigned to servers. Most are assigned to one; those to events
//! of keys, which only the server of the keys publishes, to several. For each
//! assignment:
//!
//! ```text
//!   wanted, not there                -> subscribe
//!   there, not wanted                -> unsubscribe
//!   there, but the server ended it   -> subscribe again, to find out where
//! ```
//!
//! A subscription is not made anywhere as long as it is where it is not wanted:
//! not before that server has confirmed its end, or the connection is closed. So
//! no message comes twice, neither from the former server of a channel nor from
//! a former primary, which still publishes events of the keys.
//!
//! Who wants a subscription is a mailbox: that of the client, or that of an
//! independent subscription. It is desired as long as any wants it, so a server is
//! told once, however many there are.
//!
//! Servers and mailboxes are numbers here; the code that uses this knows more of
//! them.

use crate::wire::request::SubscriptionKind;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

impl SubscriptionKind {
    pub const ALL: [SubscriptionKind; 3] =
        [SubscriptionKind::Channels, SubscriptionKind::Patterns, SubscriptionKind::ShardedChannels];

    pub fn subscribe(self) -> &'static str {
        match self {
            SubscriptionKind::Channels => "SUBSCRIBE",
            SubscriptionKind::Patterns => "PSUBSCRIBE",
            SubscriptionKind::ShardedChannels => "SSUBSCRIBE",
        }
    }

    pub fn unsubscribe(self) -> &'static str {
        match self {
            SubscriptionKind::Channels => "UNSUBSCRIBE",
            SubscriptionKind::Patterns => "PUNSUBSCRIBE",
            SubscriptionKind::ShardedChannels => "SUNSUBSCRIBE",
        }
    }
}

/// A channel or pattern of a kind.
pub type Subscription = (SubscriptionKind, Arc<[u8]>);

/// The mailboxes that want a subscription, and so receive its messages.
pub type Mailboxes = Arc<Vec<u64>>;

/// How many redirects are followed at once; later ones after a pause.
const REDIRECTS: u8 = 4;

/// `F` is why a server refuses.
pub struct Reconciliation<F> {
    entries: HashMap<Subscription, Entry<F>>,
    /// What each server may have to be told.
    queues: HashMap<u64, VecDeque<Subscription>>,
}

struct Entry<F> {
    /// It is desired as long as there are any.
    mailboxes: Mailboxes,
    /// The last one that ceased to want it; 0 is none.
    left_last: u64,
    /// One for each server where it is wanted, is, or is about to be.
    assignments: Vec<Assignment<F>>,
    redirects: u8,
}

impl<F> Default for Entry<F> {
    fn default() -> Self {
        Entry { mailboxes: Arc::default(), left_last: 0, assignments: Vec::new(), redirects: 0 }
    }
}

/// A subscription at a server.
struct Assignment<F> {
    server: u64,
    wanted: bool,
    /// The server has confirmed it.
    there: bool,
    /// The server says that it has ended.
    doubtful: bool,
    /// What the server is being told, and has not answered yet.
    asked: Option<Task>,
    /// It is not tried until it is released.
    held: bool,
    refusal: Option<F>,
    /// It is in the server's queue.
    queued: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Begin,
    End,
}

impl<F> Assignment<F> {
    fn new(server: u64, held: bool) -> Self {
        Assignment {
            server,
            wanted: true,
            there: false,
            doubtful: false,
            asked: None,
            held,
            refusal: None,
            queued: false,
        }
    }

    /// Reports whether messages may come from there.
    fn is_used(&self) -> bool {
        self.there || self.asked.is_some()
    }

    fn is_settled(&self) -> bool {
        self.asked.is_none() && self.there == self.wanted
    }

    /// The server has answered, or its connection is lost.
    fn answered(&mut self, there: bool) {
        (self.there, self.asked) = (there, None);
    }

    /// Returns what has to be done. It does not begin while it is blocked.
    fn due(&self, desired: bool, blocked: bool) -> Option<Task> {
        let wanted = desired && self.wanted;
        match self.there {
            _ if self.asked.is_some() => None,
            true if !wanted => Some(Task::End),
            true => self.doubtful.then_some(Task::Begin),
            false => (wanted && !self.held && !blocked).then_some(Task::Begin),
        }
    }
}

impl<F> Entry<F> {
    fn is_desired(&self) -> bool {
        !self.mailboxes.is_empty()
    }

    fn is_desired_by(&self, mailbox: u64) -> bool {
        self.mailboxes.contains(&mailbox)
    }

    /// Reports whether a mailbox wants it, or was the last to want it: then it is
    /// this one's as long as it ends.
    fn is_of(&self, mailbox: u64) -> bool {
        self.is_desired_by(mailbox) || !self.is_desired() && self.left_last == mailbox
    }

    /// Adds a mailbox that wants it. Returns whether it is a new one.
    fn join(&mut self, mailbox: u64) -> bool {
        let is_new = !self.is_desired_by(mailbox);
        if is_new {
            Arc::make_mut(&mut self.mailboxes).push(mailbox);
        }
        is_new
    }

    fn leave(&mut self, mailbox: u64) {
        if self.is_desired_by(mailbox) {
            Arc::make_mut(&mut self.mailboxes).retain(|other| *other != mailbox);
            self.left_last = mailbox;
        }
    }

    fn assignment(&mut self, server: u64) -> Option<&mut Assignment<F>> {
        self.assignments.iter_mut().find(|assignment| assignment.server == server)
    }

    fn has(&self, is_meant: impl Fn(&Assignment<F>) -> bool) -> bool {
        self.assignments.iter().any(is_meant)
    }

    /// Reports whether it is still where it is not wanted.
    fn is_elsewhere(&self) -> bool {
        self.has(|assignment| !assignment.wanted && assignment.is_used())
    }

    /// Reports whether it is where it is wanted, and nowhere else.
    fn is_settled(&self) -> bool {
        !self.assignments.is_empty() && self.assignments.iter().all(Assignment::is_settled)
    }

    /// Reports whether the servers where it is wanted have all confirmed it, or
    /// one from which it is to go.
    fn is_actual(&self) -> bool {
        self.has(|assignment| assignment.there)
            && !(self.is_desired() && self.has(|assignment| assignment.wanted && !assignment.there))
    }

    fn is_over(&self) -> bool {
        !self.has(Assignment::is_used)
    }

    /// Wants it at these servers. None are no reason to leave the ones before.
    fn aim(&mut self, servers: &[u64]) -> bool {
        if servers.is_empty() {
            return false;
        }
        let mut changed = false;
        for assignment in &mut self.assignments {
            let wanted = servers.contains(&assignment.server);
            changed |= assignment.wanted != wanted;
            assignment.wanted = wanted;
        }
        for &server in servers {
            if self.assignment(server).is_none() {
                self.assignments.push(Assignment::new(server, self.redirects >= REDIRECTS));
                changed = true;
            }
        }
        changed
    }
}

/// What a server has to be told next.
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

/// How far some subscriptions are that a caller waits for.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress<F> {
    Done,
    Waiting,
    Refused(F),
}

impl<F> Default for Reconciliation<F> {
    fn default() -> Self {
        Reconciliation { entries: HashMap::new(), queues: HashMap::new() }
    }
}

impl<F: Clone> Reconciliation<F> {
    /// Makes subscriptions desired by a mailbox. Returns all of them, and those that
    /// it did not desire before. The servers for those that none desired, if known,
    /// are added to a list.
    pub fn desire(
        &mut self,
        mailbox: u64,
        kind: SubscriptionKind,
        names: &[Vec<u8>],
        mut servers: impl FnMut(&Subscription, &mut Vec<u64>),
    ) -> (Vec<Subscription>, Vec<Subscription>) {
        let mut seen = HashSet::new();
        let names = names.iter().filter(|name| seen.insert(name.as_slice()));
        let all: Vec<Subscription> = names.map(|name| (kind, name.as_slice().into())).collect();
        let (mut new, mut wanted) = (Vec::new(), Vec::new());
        for subscription in &all {
            let entry = self.entries.entry(subscription.clone()).or_default();
            if !entry.is_desired() {
                wanted.clear();
                servers(subscription, &mut wanted);
                entry.aim(&wanted);
            }
            if entry.join(mailbox) {
                new.push(subscription.clone());
            }
            for assignment in &mut entry.assignments {
                (assignment.held, assignment.refusal) = (false, None);
            }
            self.settle(subscription);
        }
        (all, new)
    }

    /// A mailbox desires subscriptions no more.
    pub fn drop_desire(&mut self, mailbox: u64, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            self.change(subscription, |entry| entry.leave(mailbox));
        }
    }

    /// A mailbox desires nothing any more.
    pub fn drop_mailbox(&mut self, mailbox: u64) {
        let entries = self.entries.iter().filter(|(_, entry)| entry.is_desired_by(mailbox));
        let desired: Vec<_> = entries.map(|(subscription, _)| subscription.clone()).collect();
        self.drop_desire(mailbox, &desired);
    }

    /// Returns the subscriptions that a mailbox ends by these names; without names,
    /// all that it has of the kind.
    pub fn named(
        &self,
        mailbox: u64,
        kind: SubscriptionKind,
        names: &[Vec<u8>],
    ) -> Vec<Subscription> {
        let named = || names.iter().map(|name| (kind, name.as_slice().into()));
        let is_of = |subscription: &Subscription| {
            self.entries.get(subscription).is_some_and(|e| e.is_of(mailbox))
        };
        match names {
            [] => self.entries.keys().filter(|s| s.0 == kind && is_of(s)).cloned().collect(),
            _ => named().filter(is_of).collect(),
        }
    }

    /// Returns the mailboxes that receive what comes by a subscription.
    pub fn mailboxes(&self, subscription: &Subscription) -> Mailboxes {
        self.entries.get(subscription).map(|entry| entry.mailboxes.clone()).unwrap_or_default()
    }

    /// Decides again where each subscription is wanted. The servers are added to
    /// a list; the one where it is wanted now, or one of them, is told.
    pub fn aim(&mut self, mut servers: impl FnMut(&Subscription, Option<u64>, &mut Vec<u64>)) {
        let (mut moved, mut wanted) = (Vec::new(), Vec::new());
        for (subscription, entry) in self.entries.iter_mut().filter(|(_, e)| e.is_desired()) {
            let before = entry
                .assignments
                .iter()
                .find(|assignment| assignment.wanted)
                .map(|assignment| assignment.server);
            wanted.clear();
            servers(subscription, before, &mut wanted);
            if entry.aim(&wanted) {
                moved.push(subscription.clone());
            }
        }
        moved.iter().for_each(|subscription| self.settle(subscription));
    }

    /// Returns the next changes for a server, at most `most` of them.
    pub fn take(&mut self, server: u64, most: usize) -> Work {
        let mut work = Work::default();
        while work.begin.len() + work.end.len() < most {
            let Some(queue) = self.queues.get_mut(&server) else { break };
            let Some(subscription) = queue.pop_front() else {
                self.queues.remove(&server);
                break;
            };
            let Some(entry) = self.entries.get_mut(&subscription) else { continue };
            let (desired, blocked) = (entry.is_desired(), entry.is_elsewhere());
            let Some(assignment) = entry.assignment(server).filter(|assignment| assignment.queued)
            else {
                continue;
            };
            assignment.queued = false;
            let Some(task) = assignment.due(desired, blocked) else { continue };
            assignment.asked = Some(task);
            assignment.doubtful = false;
            match task {
                Task::Begin => work.begin.push(subscription),
                Task::End => work.end.push(subscription),
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
            entry.redirects = 0;
            if let Some(assignment) = entry.assignment(server) {
                assignment.answered(true);
                (assignment.held, assignment.refusal) = (false, None);
            }
        });
    }

    /// A server has confirmed the end of a subscription.
    pub fn ended(&mut self, subscription: &Subscription, server: u64) {
        self.change(subscription, |entry| {
            if let Some(assignment) = entry.assignment(server) {
                assignment.answered(false);
            }
        });
    }

    /// A server refuses a subscription; it is held.
    pub fn refused(&mut self, subscription: &Subscription, server: u64, failure: F) {
        self.change(subscription, |entry| {
            if let Some(assignment) = entry.assignment(server) {
                assignment.answered(false);
                (assignment.held, assignment.refusal) = (true, Some(failure));
            }
        });
    }

    /// A server cannot do it now, or another is to; it is held unless it is to
    /// be elsewhere.
    pub fn postponed(&mut self, subscription: &Subscription, server: u64, redirected: bool) {
        self.change(subscription, |entry| {
            entry.redirects = entry.redirects.saturating_add(redirected.into());
            let held = entry.redirects >= REDIRECTS;
            for assignment in &mut entry.assignments {
                if assignment.server == server {
                    assignment.answered(false);
                }
                assignment.held |= held || assignment.server == server;
            }
        });
    }

    /// Lets subscriptions be tried again that were held.
    pub fn release(&mut self, subscriptions: &[Subscription]) {
        for subscription in subscriptions {
            self.change(subscription, |entry| {
                entry.redirects = 0;
                entry.assignments.iter_mut().for_each(|assignment| assignment.held = false);
            });
        }
    }

    /// A server says that it has ended a subscription. Returns whether that may
    /// be one which is desired. It may be known before its beginning is: that is
    /// told by another way.
    pub fn mark_doubtful(&mut self, subscription: &Subscription) -> bool {
        let mut doubtful = false;
        self.change(subscription, |entry| {
            let desired = entry.is_desired();
            for assignment in &mut entry.assignments {
                let is_asked_for = assignment.asked == Some(Task::End);
                assignment.doubtful = desired && assignment.is_used() && !is_asked_for;
                doubtful |= assignment.doubtful;
            }
        });
        doubtful
    }

    /// The connection to a server is lost, and all subscriptions there with it.
    pub fn lost(&mut self, server: u64) {
        let is_here = |assignment: &Assignment<F>| assignment.server == server;
        let here = self.entries.iter().filter(|(_, entry)| entry.has(is_here));
        let here: Vec<Subscription> = here.map(|(subscription, _)| subscription.clone()).collect();
        for subscription in here {
            self.change(&subscription, |entry| {
                entry.redirects = 0;
                if let Some(assignment) = entry.assignment(server) {
                    assignment.answered(false);
                    (assignment.doubtful, assignment.held) = (false, false);
                }
            });
        }
    }

    /// A server is used no more.
    pub fn gone(&mut self, server: u64) {
        self.lost(server);
        self.queues.remove(&server);
    }

    /// Reports whether there is a desired subscription of a kind.
    pub fn desires_any(&self, is_meant: impl Fn(&Subscription) -> bool) -> bool {
        self.entries
            .iter()
            .any(|(subscription, entry)| entry.is_desired() && is_meant(subscription))
    }

    /// Reports whether anything is wanted at a server.
    pub fn needs(&self, server: u64) -> bool {
        let is_needed =
            |assignment: &Assignment<F>| assignment.server == server && assignment.wanted;
        self.entries.values().any(|entry| entry.is_desired() && entry.has(is_needed))
    }

    /// Reports whether something at a server is wanted elsewhere.
    pub fn is_left(&self, server: u64) -> bool {
        let is_left = |p: &Assignment<F>| p.server == server && !p.wanted && p.is_used();
        self.entries.values().any(|entry| entry.is_desired() && entry.has(is_left))
    }

    /// Returns how far subscriptions are that are being made.
    pub fn progress(&self, subscriptions: &[Subscription]) -> Progress<F> {
        let mut progress = Progress::Done;
        for entry in
            subscriptions.iter().filter_map(|s| self.entries.get(s)).filter(|e| e.is_desired())
        {
            if let Some(refusal) =
                entry.assignments.iter().find_map(|assignment| assignment.refusal.as_ref())
            {
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
        entries.into_iter().all(|entry| entry.is_desired() || entry.is_over())
    }

    /// Returns the servers that have not done yet what they should about these.
    pub fn awaited(&self, subscriptions: &[Subscription]) -> Vec<u64> {
        let entries = subscriptions.iter().filter_map(|s| self.entries.get(s));
        let assignments = entries
            .flat_map(|entry| entry.assignments.iter().map(move |assignment| (entry, assignment)));
        let is_awaited =
            |(entry, assignment): &(&Entry<F>, &Assignment<F>)| match entry.is_desired() {
                true => !assignment.is_settled(),
                false => assignment.is_used(),
            };
        assignments.filter(is_awaited).map(|(_, assignment)| assignment.server).collect()
    }

    /// Returns the desired and the actual names of a kind that a mailbox has.
    pub fn list(&self, mailbox: u64, kind: SubscriptionKind) -> Names {
        let names = |is_meant: fn(&Entry<F>, u64) -> bool| {
            let of_kind = self.entries.iter().filter(|((k, _), _)| *k == kind);
            of_kind
                .filter(|(_, e)| is_meant(e, mailbox))
                .map(|((_, name), _)| name.clone())
                .collect()
        };
        let is_actual = |entry: &Entry<F>, mailbox| entry.is_of(mailbox) && entry.is_actual();
        (names(Entry::is_desired_by), names(is_actual))
    }

    /// Returns how many are desired, and how many are actual.
    pub fn count(&self) -> (u64, u64) {
        let count = |is_meant: fn(&Entry<F>) -> bool| {
            self.entries.values().filter(|entry| is_meant(entry)).count() as u64
        };
        (count(Entry::is_desired), count(Entry::is_actual))
    }

    fn change(&mut self, subscription: &Subscription, change: impl FnOnce(&mut Entry<F>)) {
        if let Some(entry) = self.entries.get_mut(subscription) {
            change(entry);
            self.settle(subscription);
        }
    }

    /// Queues what has to be done about a subscription, and forgets what is not
    /// needed any more.
    fn settle(&mut self, subscription: &Subscription) {
        let Some(entry) = self.entries.get_mut(subscription) else { return };
        let desired = entry.is_desired();
        entry.assignments.retain(|assignment| desired && assignment.wanted || assignment.is_used());
        if !desired && entry.assignments.is_empty() {
            self.entries.remove(subscription);
            return;
        }
        let blocked = entry.is_elsewhere();
        for assignment in &mut entry.assignments {
            if !assignment.queued && assignment.due(desired, blocked).is_some() {
                assignment.queued = true;
                self.queues.entry(assignment.server).or_default().push_back(subscription.clone());
            }
        }
    }
}

/// Names that are desired, and names that are actual.
pub type Names = (Vec<Arc<[u8]>>, Vec<Arc<[u8]>>);

#[cfg(test)]
mod tests {
    use super::*;

    const A: u64 = 1;
    const B: u64 = 2;
    const C: u64 = 3;

    const OWN: u64 = 7;
    const OTHER: u64 = 8;

    type Texts = Reconciliation<&'static str>;

    fn news() -> Subscription {
        (SubscriptionKind::Channels, b"news".as_slice().into())
    }

    fn desire(reconciliation: &mut Texts, at: u64) -> Vec<Subscription> {
        reconciliation
            .desire(OWN, SubscriptionKind::Channels, &[b"news".to_vec()], |_, servers| {
                servers.push(at)
            })
            .1
    }

    fn begin(reconciliation: &mut Texts, at: u64) {
        assert_eq!(reconciliation.take(at, 9), Work { begin: vec![news()], end: vec![] });
        reconciliation.begun(&news(), at);
    }

    fn subscribed(at: u64) -> Texts {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, at);
        begin(&mut reconciliation, at);
        reconciliation
    }

    fn aim(reconciliation: &mut Texts, at: &[u64]) {
        reconciliation.aim(|_, _, servers| servers.extend(at));
    }

    fn is_idle(reconciliation: &mut Texts) -> bool {
        [A, B, C].iter().all(|server| reconciliation.take(*server, 9).is_empty())
    }

    #[test]
    fn subscription_is_made_once_and_ended_once() {
        let mut reconciliation = Texts::default();
        assert_eq!(desire(&mut reconciliation, A), [news()]);
        assert_eq!(desire(&mut reconciliation, A), []);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting);
        assert_eq!(reconciliation.awaited(&[news()]), [A]);
        begin(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
        assert!(is_idle(&mut reconciliation));

        let named = reconciliation.named(OWN, SubscriptionKind::Channels, &[]);
        reconciliation.drop_desire(OWN, &named);
        assert!(!reconciliation.are_over(&named));
        assert_eq!(reconciliation.take(A, 9), Work { begin: vec![], end: vec![news()] });
        reconciliation.ended(&news(), A);
        assert!(reconciliation.are_over(&named) && is_idle(&mut reconciliation));
        assert_eq!(reconciliation.list(OWN, SubscriptionKind::Channels), (vec![], vec![]));
    }

    #[test]
    fn subscription_that_moves_ends_before_it_begins() {
        let mut reconciliation = subscribed(A);
        aim(&mut reconciliation, &[B]);
        assert!(reconciliation.take(B, 9).is_empty());
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        assert!(reconciliation.take(B, 9).is_empty());
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, B);
        assert!(is_idle(&mut reconciliation));
    }

    #[test]
    fn subscription_at_a_server_that_does_not_answer_moves_when_it_is_given_up() {
        let mut reconciliation = subscribed(A);
        aim(&mut reconciliation, &[B]);
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        assert!(reconciliation.is_left(A) && !reconciliation.needs(A) && reconciliation.needs(B));
        reconciliation.lost(A);
        begin(&mut reconciliation, B);
        assert!(!reconciliation.is_left(A));
    }

    #[test]
    fn all_is_subscribed_again_when_the_connection_was_lost() {
        let mut reconciliation = subscribed(A);
        reconciliation.lost(B);
        assert!(is_idle(&mut reconciliation));
        reconciliation.lost(A);
        assert_eq!(reconciliation.list(OWN, SubscriptionKind::Channels).1, []);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        // Lost again before it was answered.
        reconciliation.lost(A);
        begin(&mut reconciliation, A);
    }

    #[test]
    fn what_is_refused_is_held_until_it_is_released_or_desired_again() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        reconciliation.refused(&news(), A, "NOPERM");
        assert_eq!(reconciliation.progress(&[news()]), Progress::Refused("NOPERM"));
        assert!(is_idle(&mut reconciliation));
        reconciliation.release(&[news()]);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        reconciliation.refused(&news(), A, "NOPERM");
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting);
        begin(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
    }

    #[test]
    fn redirects_are_followed_at_once_only_so_often() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        let mut followed = 0;
        for (at, next) in [(A, B), (B, A)].into_iter().cycle().take(20) {
            if reconciliation.take(at, 9).is_empty() {
                break;
            }
            followed += 1;
            reconciliation.postponed(&news(), at, true);
            aim(&mut reconciliation, &[next]);
        }
        assert_eq!(followed, REDIRECTS);
        reconciliation.release(&[news()]);
        assert!(!is_idle(&mut reconciliation));
    }

    #[test]
    fn redirect_to_a_server_that_is_the_target_by_then_is_followed_at_once() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        aim(&mut reconciliation, &[B]);
        reconciliation.postponed(&news(), A, true);
        begin(&mut reconciliation, B);
    }

    #[test]
    fn subscription_that_the_server_ended_is_made_again() {
        let mut reconciliation = subscribed(A);
        assert!(reconciliation.mark_doubtful(&news()));
        begin(&mut reconciliation, A);
        assert!(is_idle(&mut reconciliation));
        reconciliation.drop_desire(OWN, &[news()]);
        assert!(!reconciliation.mark_doubtful(&news()), "it was asked to");
    }

    #[test]
    fn subscription_that_ended_before_its_beginning_is_known_is_made_again() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        assert!(reconciliation.mark_doubtful(&news()));
        reconciliation.begun(&news(), A);
        begin(&mut reconciliation, A);
        assert!(is_idle(&mut reconciliation));

        // That of an end that was asked for is no reason.
        aim(&mut reconciliation, &[B]);
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        assert!(!reconciliation.mark_doubtful(&news()));
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, B);
        assert!(is_idle(&mut reconciliation));
    }

    #[test]
    fn what_changes_while_a_server_is_asked_is_done_afterwards() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        reconciliation.drop_desire(OWN, &[news()]);
        assert!(!reconciliation.are_over(&[news()]) && is_idle(&mut reconciliation));
        reconciliation.begun(&news(), A);
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        desire(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting, "it is about to end");
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, A);
    }

    #[test]
    fn without_a_target_a_subscription_stays_where_it_is() {
        let mut reconciliation = subscribed(A);
        aim(&mut reconciliation, &[]);
        assert!(is_idle(&mut reconciliation));
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
    }

    fn desire_by(reconciliation: &mut Texts, mailbox: u64) -> usize {
        let names = [b"news".to_vec()];
        let desire = |_: &Subscription, servers: &mut Vec<u64>| servers.push(A);
        reconciliation.desire(mailbox, SubscriptionKind::Channels, &names, desire).1.len()
    }

    /// Returns what a mailbox desires, and what of it is actual.
    fn counts(reconciliation: &Texts, mailbox: u64) -> (usize, usize) {
        let (desired, actual) = reconciliation.list(mailbox, SubscriptionKind::Channels);
        (desired.len(), actual.len())
    }

    #[test]
    fn subscription_lasts_until_the_last_mailbox_leaves() {
        let mut reconciliation = subscribed(A);
        assert_eq!(desire_by(&mut reconciliation, OTHER), 1);
        assert_eq!(desire_by(&mut reconciliation, OTHER), 0, "it had it");
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
        assert_eq!(*reconciliation.mailboxes(&news()), [OWN, OTHER]);

        reconciliation.drop_desire(OWN, &[news()]);
        assert!(is_idle(&mut reconciliation) && reconciliation.are_over(&[news()]));
        assert_eq!(*reconciliation.mailboxes(&news()), [OTHER]);
        assert_eq!(
            (counts(&reconciliation, OWN), counts(&reconciliation, OTHER)),
            ((0, 0), (1, 1))
        );
        reconciliation.drop_desire(OWN, &[news()]);
        reconciliation.drop_mailbox(OWN);
        assert!(is_idle(&mut reconciliation), "it left twice");

        reconciliation.drop_mailbox(OTHER);
        assert!(!reconciliation.are_over(&[news()]));
        assert!(reconciliation.mailboxes(&news()).is_empty());
        assert_eq!(
            (counts(&reconciliation, OWN), counts(&reconciliation, OTHER)),
            ((0, 0), (0, 1))
        );
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        reconciliation.ended(&news(), A);
        assert!(reconciliation.entries.is_empty());
    }

    #[test]
    fn mailbox_ends_what_it_has() {
        let named = |r: &Texts, names: &[Vec<u8>]| {
            let named = |mailbox| r.named(mailbox, SubscriptionKind::Channels, names).len();
            (named(OWN), named(OTHER))
        };
        let mut reconciliation = subscribed(A);
        for names in [&[][..], &[b"news".to_vec()]] {
            assert_eq!(named(&reconciliation, names), (1, 0));
        }
        desire_by(&mut reconciliation, OTHER);
        assert_eq!(named(&reconciliation, &[]), (1, 1));
        reconciliation.drop_desire(OTHER, &[news()]);
        assert_eq!(named(&reconciliation, &[]), (1, 0));
        // Who asks again for the end waits for it, too.
        reconciliation.drop_desire(OWN, &[news()]);
        assert_eq!(named(&reconciliation, &[]), (1, 0));
    }

    #[test]
    fn refusal_is_that_of_all_mailboxes_that_wait() {
        let mut reconciliation = Texts::default();
        desire(&mut reconciliation, A);
        assert_eq!(desire_by(&mut reconciliation, OTHER), 1);
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        reconciliation.refused(&news(), A, "NOPERM");
        reconciliation.drop_desire(OWN, &[news()]);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Refused("NOPERM"));
        reconciliation.drop_desire(OTHER, &[news()]);
        assert!(reconciliation.entries.is_empty());
    }

    #[test]
    fn what_another_mailbox_wants_before_its_end_is_confirmed_begins_again() {
        let mut reconciliation = subscribed(A);
        reconciliation.drop_mailbox(OWN);
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        desire_by(&mut reconciliation, OTHER);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting);
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, A);
        assert_eq!(counts(&reconciliation, OWN), (0, 0));
    }

    /// Subscribes at several servers.
    fn subscribed_at(servers: &[u64]) -> Texts {
        let mut reconciliation = Texts::default();
        reconciliation.desire(OWN, SubscriptionKind::Channels, &[b"news".to_vec()], |_, wanted| {
            wanted.extend(servers)
        });
        servers.iter().for_each(|at| begin(&mut reconciliation, *at));
        reconciliation
    }

    fn is_current(reconciliation: &Texts) -> bool {
        !reconciliation.list(OWN, SubscriptionKind::Channels).1.is_empty()
    }

    #[test]
    fn subscription_at_several_servers_is_made_when_all_have_confirmed_it() {
        let mut reconciliation = Texts::default();
        reconciliation.desire(OWN, SubscriptionKind::Channels, &[b"news".to_vec()], |_, wanted| {
            wanted.extend([A, B, C])
        });
        for at in [B, C] {
            begin(&mut reconciliation, at);
        }
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting);
        assert_eq!(reconciliation.awaited(&[news()]), [A]);
        assert!(!is_current(&reconciliation));
        begin(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
        assert!(is_current(&reconciliation) && is_idle(&mut reconciliation));
    }

    #[test]
    fn subscription_at_several_servers_ends_at_all() {
        let mut reconciliation = subscribed_at(&[A, B, C]);
        reconciliation.drop_desire(OWN, &[news()]);
        for at in [A, B, C] {
            assert!(!reconciliation.are_over(&[news()]));
            assert_eq!(reconciliation.take(at, 9), Work { begin: vec![], end: vec![news()] });
            reconciliation.ended(&news(), at);
        }
        assert!(reconciliation.are_over(&[news()]) && is_idle(&mut reconciliation));
        assert!(reconciliation.entries.is_empty());
    }

    #[test]
    fn refusal_of_one_server_is_that_of_all() {
        let mut reconciliation = Texts::default();
        reconciliation.desire(OWN, SubscriptionKind::Channels, &[b"news".to_vec()], |_, wanted| {
            wanted.extend([A, B])
        });
        assert_eq!(reconciliation.take(A, 9).begin, [news()]);
        reconciliation.refused(&news(), A, "NOPERM");
        begin(&mut reconciliation, B);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Refused("NOPERM"));
        reconciliation.drop_desire(OWN, &[news()]);
        assert!(reconciliation.take(A, 9).is_empty());
        assert_eq!(reconciliation.take(B, 9).end, [news()]);
    }

    #[test]
    fn lost_connection_ends_the_subscription_of_its_server_only() {
        let mut reconciliation = subscribed_at(&[A, B]);
        reconciliation.lost(A);
        assert!(reconciliation.take(B, 9).is_empty() && !is_current(&reconciliation));
        begin(&mut reconciliation, A);
        assert!(is_current(&reconciliation) && is_idle(&mut reconciliation));
    }

    #[test]
    fn servers_that_stay_are_not_told_when_others_come_and_go() {
        let mut reconciliation = subscribed_at(&[A, B]);
        aim(&mut reconciliation, &[A, B]);
        assert!(is_idle(&mut reconciliation));
        aim(&mut reconciliation, &[A, B, C]);
        begin(&mut reconciliation, C);
        aim(&mut reconciliation, &[B, C]);
        assert!(reconciliation.take(B, 9).is_empty() && reconciliation.take(C, 9).is_empty());
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        reconciliation.ended(&news(), A);
        assert!(is_idle(&mut reconciliation) && !reconciliation.needs(A));
    }

    #[test]
    fn new_primary_is_asked_when_the_former_one_has_confirmed_the_end() {
        let mut reconciliation = subscribed_at(&[A, B]);
        aim(&mut reconciliation, &[B, C]);
        assert!(reconciliation.take(C, 9).is_empty() && reconciliation.take(B, 9).is_empty());
        assert!(reconciliation.is_left(A));
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        assert!(reconciliation.take(C, 9).is_empty());
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, C);
        assert!(is_idle(&mut reconciliation));

        // Or when its connection is lost.
        aim(&mut reconciliation, &[A, B]);
        reconciliation.lost(C);
        begin(&mut reconciliation, A);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Done);
    }

    #[test]
    fn server_that_is_wanted_again_while_it_is_asked_to_end_begins_again() {
        let mut reconciliation = subscribed_at(&[A, B]);
        aim(&mut reconciliation, &[B]);
        assert_eq!(reconciliation.take(A, 9).end, [news()]);
        aim(&mut reconciliation, &[A, B]);
        assert_eq!(reconciliation.progress(&[news()]), Progress::Waiting);
        reconciliation.ended(&news(), A);
        begin(&mut reconciliation, A);
        assert!(is_idle(&mut reconciliation));
    }

    #[test]
    fn nothing_is_kept_of_a_server_that_is_gone() {
        let mut reconciliation = subscribed_at(&[A, B]);
        aim(&mut reconciliation, &[B]);
        reconciliation.gone(A);
        assert!(!reconciliation.has_work(A) && reconciliation.queues.len() < 2);
        assert_eq!(reconciliation.entries[&news()].assignments.len(), 1);
    }
}
