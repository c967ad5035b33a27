/** Fields of one line. Names, numbers, hashes and messages of ours; never a value. */
export type LogFields = Record<string, string | number | boolean | string[] | undefined>;

/** One JSON line an event, on stdout. */
export interface Log {
  info: (event: string, fields?: LogFields) => void;
  warn: (event: string, fields?: LogFields) => void;
  error: (event: string, fields?: LogFields) => void;
}

/**
 * Makes the log. Lines are written at once, so that none is lost when the process ends.
 *
 * @param write takes a line with its line feed; default: stdout
 */
export async function openLog(base: LogFields, write?: (line: string) => void): Promise<Log> {
  const { default: pino } = await import('pino');
  const stream = write === undefined ? pino.destination({ fd: 1, sync: true }) : { write };
  const logger = pino(
    {
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    stream,
  );
  return {
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  };
}
