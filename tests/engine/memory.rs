//! The contract on the reference engine.

contract_tests!(crate::support::memory);
