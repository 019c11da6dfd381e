//! Latencies, counted in buckets whose width is a thirty-second of their value (log-linear), so
//! that a percentile is right within about 3 % and recording costs a few nanoseconds.

const SUB_BITS: u32 = 5;
const SUB: u64 = 1 << SUB_BITS;
const BUCKETS: usize = 64 << SUB_BITS;

/// Counts of durations in nanoseconds.
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0 }
    }

    /// Counts one duration.
    pub(crate) fn record(&mut self, nanoseconds: u64) {
        if let Some(count) = self.counts.get_mut(bucket(nanoseconds)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Adds another's counts to this one.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.total += other.total;
    }

    /// How many durations were counted.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The upper end, in nanoseconds, of the bucket below which `per_mille` of the durations lie.
    pub(crate) fn quantile(&self, per_mille: u64) -> u64 {
        let wanted = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(index);
            }
        }
        0
    }
}

fn bucket(value: u64) -> usize {
    let magnitude = value.max(1).ilog2().saturating_sub(SUB_BITS);
    // Values below `SUB` have a bucket each; above, each power of two has `SUB` of them.
    let index = u64::from(magnitude) * SUB + (value >> magnitude);
    usize::try_from(index).unwrap_or(usize::MAX)
}

fn upper_end(index: usize) -> u64 {
    let index = index as u64;
    let magnitude = (index / SUB).saturating_sub(1);
    let within = index - magnitude * SUB;
    ((within + 1) << magnitude) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_its_values_within_three_percent() {
        for value in (0..5_000).chain((0..60).map(|bit| (1_u64 << bit) + 7)) {
            let end = upper_end(bucket(value));
            assert!(end >= value, "{value} -> {end}");
            assert!(end - value <= value / 30 + 1, "{value} -> {end}");
        }
    }

    #[test]
    fn quantiles_of_a_known_series() {
        let mut histogram = Histogram::new();
        (1..=1000).for_each(|value| histogram.record(value * 1000));
        assert_eq!(histogram.total(), 1000);
        let median = histogram.quantile(500);
        assert!((500_000..520_000).contains(&median), "{median}");
        let late = histogram.quantile(990);
        assert!((990_000..1_030_000).contains(&late), "{late}");
    }
}
