//! What each clerk's window shows to the person in front of it, for a second screen that is turned towards them.

use std::collections::HashMap;
use std::sync::Mutex;

use super::held;

/// One signed-in browser, or this machine where nobody signs in. It names a session and opens none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowId(pub(super) [u8; 32]);

/// The newest thing that each window shows. In memory like sessions: a restart shows nothing.
pub struct Windows<T>(Mutex<Shown<T>>);

struct Shown<T> {
    by_window: HashMap<WindowId, (u64, T)>,
    /// How often something was shown, so that the oldest is known.
    count: u64,
}

impl<T> Default for Windows<T> {
    fn default() -> Self {
        Self(Mutex::new(Shown { by_window: HashMap::new(), count: 0 }))
    }
}

impl<T: Clone> Windows<T> {
    /// Shows something in place of what was shown before.
    pub fn show(&self, window: WindowId, what: T) {
        let mut shown = held(&self.0);
        shown.count += 1;
        let count = shown.count;
        shown.by_window.insert(window, (count, what));
        if shown.by_window.len() > MAX_WINDOWS {
            let oldest =
                shown.by_window.iter().min_by_key(|(_, (count, _))| *count).map(|(window, _)| *window);
            oldest.map(|window| shown.by_window.remove(&window));
        }
    }

    /// What a window shows.
    pub fn shown(&self, window: WindowId) -> Option<T> {
        held(&self.0).by_window.get(&window).map(|(_, what)| what.clone())
    }

    /// Shows nothing any more.
    pub fn clear(&self, window: WindowId) {
        held(&self.0).by_window.remove(&window);
    }
}

/// Windows of one service at most: more than a hall has, and few enough to keep.
const MAX_WINDOWS: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    fn window(number: u32) -> WindowId {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        WindowId(bytes)
    }

    #[test]
    fn each_window_shows_its_own_newest_and_the_oldest_gives_way() {
        let windows = Windows::default();
        windows.show(window(1), "a");
        windows.show(window(2), "b");
        windows.show(window(1), "c");
        assert_eq!((windows.shown(window(1)), windows.shown(window(2))), (Some("c"), Some("b")));
        windows.clear(window(1));
        assert_eq!((windows.shown(window(1)), windows.shown(window(2))), (None, Some("b")));
        (3..3 + 1_024).for_each(|number| windows.show(window(number), "d"));
        assert_eq!((windows.shown(window(2)), windows.shown(window(3))), (None, Some("d")));
    }
}
