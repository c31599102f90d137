/** Ask the server again and again, gently: not while the page is hidden, slower when nothing moves. */

export interface Poll {
  stop(): void;
}

/** Call `ask` until it answers false. It waits `everyMs` between answers, four times that on failure. */
export function poll(ask: () => Promise<boolean>, everyMs: number): Poll {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout>;
  const next = (delayMs: number): void => {
    timer = setTimeout(turn, delayMs);
  };
  const turn = async (): Promise<void> => {
    if (stopped) return;
    if (document.hidden) return next(everyMs);
    try {
      if (await ask()) next(everyMs);
    } catch {
      next(everyMs * 4);
    }
  };
  next(everyMs);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
