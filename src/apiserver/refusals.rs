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
pub(super) struct Refusals {
    orders: Vec<Refusal>,
    refused: Vec<(Request, Kind)>,
    /// Updates are stored without validation.
    pub trusting: bool,
}

impl Refusals {
    pub fn push(&mut self, refusal: Refusal) {
        self.orders.push(refusal);
    }

    pub fn clear(&mut self) {
        self.orders.clear();
    }

    /// How many requests of that sort were refused on order.
    pub fn count(&self, request: Request, kind: Kind) -> usize {
        self.refused.iter().filter(|refused| **refused == (request, kind)).count()
    }

    /// # Errors
    /// The status of the order that applies to the request.
    pub fn check(&mut self, request: Request, kind: Kind) -> Result<(), Status> {
        let applies =
            |order: &&mut Refusal| order.request == request && order.kind == kind && order.times > 0;
        let Some(order) = self.orders.iter_mut().find(applies) else { return Ok(()) };
        if order.after > 0 {
            order.after -= 1;
            return Ok(());
        }
        order.times -= 1;
        self.refused.push((request, kind));
        Err(order.status.clone())
    }
}
