//! Digits of pi against an independent formula.

use num_bigint::BigInt;
use zadachnik::containers::ComputeRequest;
use zadachnik::containers::compute;

fn digits(count: u32) -> String {
    compute::run(&ComputeRequest::Bpi { digits: count }).expect("in range")
}

/// Machin's formula, 1706: pi/4 = 4 arctan(1/5) - arctan(1/239), rounded to nearest.
fn machin(count: u32) -> String {
    let guard = 20;
    let unity = BigInt::from(10).pow(count + guard);
    let arctan = |inverse: u32| {
        let square = BigInt::from(inverse * inverse);
        let mut power = &unity / inverse;
        let mut sum = power.clone();
        let mut divisor = 3_u32;
        while power != BigInt::from(0) {
            power /= &square;
            let term = &power / divisor;
            sum = if divisor % 4 == 3 { sum - term } else { sum + term };
            divisor += 2;
        }
        sum
    };
    let pi = (arctan(5) * 4 - arctan(239)) * 4;
    let scale = BigInt::from(10).pow(guard + 1);
    let rounded: BigInt = (pi + &scale / 2_u32) / &scale;
    let rounded = rounded.to_string();
    if count == 1 { rounded } else { format!("{}.{}", &rounded[..1], &rounded[1..]) }
}

#[test]
fn two_thousand_digits_begin_and_end_as_known() {
    let text = digits(2_000);
    assert!(text.starts_with("3.14159265358979323846264338327950288419716939937510"));
    assert!(text.ends_with("33904780275901"), "{}", &text[text.len() - 20..]);
    assert_eq!(text.len(), 2_001);
}

#[test]
fn every_count_up_to_300_agrees_with_machin() {
    for count in 1..=300 {
        assert_eq!(digits(count), machin(count), "{count} digits");
    }
}

#[test]
fn ten_thousand_digits_agree_with_machin() {
    assert_eq!(digits(10_000), machin(10_000));
    assert_eq!(digits(9_973), machin(9_973));
}

#[test]
fn a_prefix_is_a_prefix() {
    let (long, short) = (digits(40_000), digits(39_000));
    assert_eq!(long[..38_000], short[..38_000]);
}
