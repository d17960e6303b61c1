//! The real controller on both APIs.

mod services;
