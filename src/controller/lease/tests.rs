//! The election against a mock API server.
