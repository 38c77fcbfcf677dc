//! Web Workers that compute for containers: one for each running computation, the rest waits.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::protocol::BUILD;
use crate::protocol::worker::{Answer, Ask};

/// The loader that Trunk writes beside the worker's module.
const LOADER: &str = "container_loader.js";
/// A worker that cannot even start is tried this often before its computation is given up.
const STARTS_MAX: u32 = 2;

/// The number of a computation; numbers are never used twice.
pub type Number = u64;

/// Called with each answer, outside any borrow of the pool.
type OnAnswer = Rc<dyn Fn(Number, Result<String, String>)>;

/// Shared by the desk and the workers' event handlers.
#[derive(Clone)]
pub struct Workers {
    pool: Rc<RefCell<Pool>>,
}

struct Pool {
    workers: Vec<Seat>,
    next_seat: u32,
    waiting: VecDeque<Ask>,
    limit: usize,
    on_answer: OnAnswer,
}

struct Seat {
    /// Never used twice: a late event of a terminated worker finds nothing.
    number: u32,
    worker: Worker,
    ready: bool,
    busy: Option<Ask>,
    starts: u32,
    // Kept alive as long as the worker may call them.
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl Workers {
    /// `cores` is the browser's `hardwareConcurrency`: one core stays with the page.
    pub fn new(cores: usize, on_answer: OnAnswer) -> Workers {
        let pool = Pool {
            workers: Vec::new(),
            next_seat: 0,
            waiting: VecDeque::new(),
            limit: cores.saturating_sub(1).max(1),
            on_answer,
        };
        Workers { pool: Rc::new(RefCell::new(pool)) }
    }

    pub fn start(&self, id: Number, request: String) {
        self.pool.borrow_mut().waiting.push_back(Ask { id, request });
        self.hand_out();
    }

    /// Terminates the worker of a killed container; a waiting computation is forgotten.
    pub fn cancel(&self, id: Number) {
        let mut pool = self.pool.borrow_mut();
        pool.waiting.retain(|ask| ask.id != id);
        let computes = |seat: &Seat| seat.busy.as_ref().is_some_and(|ask| ask.id == id);
        pool.dismiss(computes);
        drop(pool);
        self.hand_out();
    }

    pub fn cancel_all(&self) {
        let mut pool = self.pool.borrow_mut();
        pool.waiting.clear();
        pool.dismiss(|seat| seat.busy.is_some());
    }

    /// How many computations run now and how many wait for a worker.
    pub fn load(&self) -> (usize, usize) {
        let pool = self.pool.borrow();
        let running = pool.workers.iter().filter(|seat| seat.ready && seat.busy.is_some()).count();
        (running, pool.waiting.len())
    }

    /// Gives waiting computations to idle workers and starts workers while there is room.
    fn hand_out(&self) {
        loop {
            let mut pool = self.pool.borrow_mut();
            if pool.waiting.is_empty() {
                return;
            }
            if let Some(at) = pool.workers.iter().position(|seat| seat.busy.is_none()) {
                let Some(ask) = pool.waiting.pop_front() else { return };
                pool.workers[at].take(ask);
                continue;
            }
            if pool.workers.len() >= pool.limit {
                return;
            }
            let Some(ask) = pool.waiting.pop_front() else { return };
            drop(pool);
            self.hire(ask, 1);
        }
    }

    /// Starts a worker for one computation; it is sent the question when it says that it is ready.
    fn hire(&self, ask: Ask, starts: u32) {
        let number = {
            let mut pool = self.pool.borrow_mut();
            pool.next_seat += 1;
            pool.next_seat
        };
        match self.open(number, ask.clone(), starts) {
            Ok(seat) => {
                self.pool.borrow_mut().workers.push(seat);
            }
            Err(reason) => self.answer(ask.id, Err(reason)),
        }
    }

    fn open(&self, number: u32, ask: Ask, starts: u32) -> Result<Seat, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let address = super::browser::resolve(&format!("{LOADER}?{BUILD}"));
        let worker = Worker::new_with_options(&address, &options)
            .map_err(|_| "браузер не запускает рабочий поток".to_owned())?;
        let pool = self.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(answer) = event.data().as_string().as_deref().and_then(Answer::parse) {
                pool.receive(number, answer);
            }
        });
        let pool = self.clone();
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            pool.crashed(number);
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let busy = Some(ask);
        Ok(Seat { number, worker, ready: false, busy, starts, _on_message: on_message, _on_error: on_error })
    }

    fn receive(&self, number: u32, answer: Answer) {
        match answer {
            Answer::Ready { build } if build == BUILD => {
                let mut pool = self.pool.borrow_mut();
                let Some(seat) = pool.seat(number) else { return };
                seat.ready = true;
                if let Some(ask) = seat.busy.take() {
                    seat.take(ask);
                }
            }
            Answer::Ready { .. } => {
                let lost = self.remove(number);
                if let Some(ask) = lost.and_then(|seat| seat.busy.clone()) {
                    self.answer(
                        ask.id,
                        Err("рабочий поток из другой сборки: перезагрузите страницу".to_owned()),
                    );
                }
            }
            Answer::Finished { id, result } => {
                let mut pool = self.pool.borrow_mut();
                let Some(seat) = pool.seat(number) else { return };
                seat.busy = None;
                drop(pool);
                self.answer(id, result);
                self.hand_out();
            }
        }
    }

    /// A panic in a worker poisons it: it is replaced, and its computation is that container's crash.
    fn crashed(&self, number: u32) {
        let Some(seat) = self.remove(number) else { return };
        if let Some(ask) = seat.busy.clone() {
            if seat.ready || seat.starts >= STARTS_MAX {
                self.answer(ask.id, Err("вычисление в рабочем потоке аварийно завершилось".to_owned()));
            } else {
                self.hire(ask, seat.starts + 1);
            }
        }
        self.hand_out();
    }

    fn remove(&self, number: u32) -> Option<Seat> {
        let mut pool = self.pool.borrow_mut();
        let at = pool.workers.iter().position(|seat| seat.number == number)?;
        let seat = pool.workers.swap_remove(at);
        seat.worker.terminate();
        Some(seat)
    }

    fn answer(&self, id: Number, result: Result<String, String>) {
        let on_answer = self.pool.borrow().on_answer.clone();
        on_answer(id, result);
    }
}

impl Pool {
    fn seat(&mut self, number: u32) -> Option<&mut Seat> {
        self.workers.iter_mut().find(|seat| seat.number == number)
    }

    fn dismiss(&mut self, unwanted: impl Fn(&Seat) -> bool) {
        self.workers.retain(|seat| {
            let goes = unwanted(seat);
            if goes {
                seat.worker.terminate();
            }
            !goes
        });
    }
}

impl Seat {
    /// Sends the question, or keeps it until the worker is ready: earlier messages would be lost.
    fn take(&mut self, ask: Ask) {
        if self.ready {
            // One string can always be cloned; a failure would show as an answer that never comes, so it is logged.
            if let Err(error) = self.worker.post_message(&JsValue::from_str(&ask.to_text())) {
                web_sys::console::error_1(&error);
            }
        }
        self.busy = Some(ask);
    }
}
