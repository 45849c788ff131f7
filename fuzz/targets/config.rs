//! Settings as JSON: the page's address, a checkpoint's header, a run's folder.
#![no_main]

use wn_gan::Config;
use wn_gan::config::Role;
use wn_gan::gan::architecture::check_size;
use wn_gan::gan::cost::flop_per_step;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let config = match Config::from_json(text) {
        Ok(config) => config,
        Err(error) => return assert!(error.to_string().len() > 10, "{error}"),
    };
    assert_eq!(Config::from_json(&config.to_json()), Ok(config.clone()), "written and read");
    for role in Role::BOTH {
        assert!(config.lr_at(role, 0).is_finite() && config.lr_at(role, u32::MAX).is_finite());
    }
    if check_size(&config).is_ok() {
        assert!(flop_per_step(&config) > 0);
    }
});
