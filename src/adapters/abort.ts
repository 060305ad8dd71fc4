/** The error for a signal that was aborted: its own reason where that is an AbortError, so that `isAbort` knows it. */
export function abortError(signal: AbortSignal): Error {
  const { reason } = signal;
  return reason instanceof Error && reason.name === 'AbortError' ? reason : new DOMException('Stopped.', 'AbortError');
}
