//! The one source of randomness: seeded, owned by the cluster, the same natively and in wasm.

/// SplitMix64. Statistical quality is ample for names, uids and jitter; it is not for secrets.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    pub const fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `limit - 1`. `limit` must be positive.
    pub fn below(&mut self, limit: u64) -> u64 {
        assert!(limit > 0, "a draw needs at least one outcome");
        self.next_u64() % limit
    }

    /// A generator of its own, so that one component's draws do not shift another's.
    pub fn fork(&mut self) -> Random {
        Random::new(self.next_u64())
    }
}
