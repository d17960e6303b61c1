//! The client against small servers of the tests' own, on the loopback interface.

mod asks;
mod loads;
mod servers;
