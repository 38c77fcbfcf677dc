//! Requests that the API server refuses on order: faults of lessons, simulations and tests.

use crate::api::{Kind, Status};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    Create,
    Update,
    UpdateStatus,
    Patch,
    Delete,
}

/// An order to refuse requests of one sort.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub request: Request,
    pub kind: Kind,
    /// So many requests still pass.
    pub after: u32,
    /// So many are refused then.
    pub times: u32,
    pub status: Status,
}

/// Orders in force, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(Vec<Refusal>);

impl Refusals {
    pub fn push(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// # Errors
    /// The status of the order that applies to the request.
    pub fn check(&mut self, request: Request, kind: Kind) -> Result<(), Status> {
        let applies =
            |order: &&mut Refusal| order.request == request && order.kind == kind && order.times > 0;
        let Some(order) = self.0.iter_mut().find(applies) else { return Ok(()) };
        if order.after > 0 {
            order.after -= 1;
            return Ok(());
        }
        order.times -= 1;
        Err(order.status.clone())
    }
}
