/** The longest that a live query may be told to wait for answers, s. */
export const MAX_WAIT_S = 3_600;
