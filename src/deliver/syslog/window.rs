//! What was written last, because nobody says what of it arrived.

use std::collections::VecDeque;

/// Where this much has been written behind a message, our own system has handed it over: twice the send queue and a
/// segment (see [`SEND_BUFFER_BYTES`](super::connection::SEND_BUFFER_BYTES)), rounded up. What lies behind may be thrown
/// away with the connection, however many messages it is.
pub(super) const QUEUED_BYTES_MAX: usize = 256 << 10;

/// The most bytes that are kept to be sent again.
const RESEND_BYTES_MAX: usize = 4 << 20;

/// The frames that were written last: so many, and no fewer than may still wait in our own system.
pub(super) struct Window {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    frames_max: usize,
}

impl Window {
    /// Keeps nothing at all where `frames_max` is 0: whoever asks for that wants no message twice.
    pub(super) const fn new(frames_max: usize) -> Self {
        Self { frames: VecDeque::new(), bytes: 0, frames_max }
    }

    pub(super) fn push(&mut self, frame: Vec<u8>) {
        self.bytes += frame.len();
        self.frames.push_back(frame);
        while let Some(oldest) = self.frames.front().map(Vec::len).filter(|oldest| self.is_too_much(*oldest)) {
            self.bytes -= oldest;
            self.frames.pop_front();
        }
    }

    fn is_too_much(&self, oldest: usize) -> bool {
        let is_handed_over = self.frames_max == 0 || self.bytes - oldest >= QUEUED_BYTES_MAX;
        self.bytes > RESEND_BYTES_MAX || (self.frames.len() > self.frames_max && is_handed_over)
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.frames.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first octets of what is kept of frames of a size, numbered from 0.
    fn kept(frames_max: usize, size: usize, frames: u8) -> Vec<u8> {
        let mut window = Window::new(frames_max);
        (0..frames).for_each(|number| window.push(vec![number; size]));
        assert_eq!(window.bytes, window.frames.iter().map(Vec::len).sum::<usize>());
        window.frames().map(|frame| frame[0]).collect()
    }

    #[test]
    fn so_many_messages_are_kept_as_are_asked_for() {
        assert_eq!(kept(3, QUEUED_BYTES_MAX, 9), [6, 7, 8]);
    }

    #[test]
    fn what_may_still_wait_in_our_own_system_is_kept_whatever_is_asked_for() {
        assert_eq!(kept(3, QUEUED_BYTES_MAX / 8, 20), [12, 13, 14, 15, 16, 17, 18, 19]);
        assert_eq!(kept(1, QUEUED_BYTES_MAX / 2 - 1, 9), [6, 7, 8]);
    }

    #[test]
    fn nothing_is_kept_where_nothing_is_to_come_twice() {
        assert_eq!(kept(0, 1, 9), Vec::<u8>::new());
    }

    #[test]
    fn the_bytes_that_are_kept_are_bounded() {
        assert_eq!(kept(10_000, RESEND_BYTES_MAX / 2, 9), [7, 8]);
        assert_eq!(kept(10_000, RESEND_BYTES_MAX + 1, 9), Vec::<u8>::new());
    }
}
