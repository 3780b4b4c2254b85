// Loaded into a supervised process before its own program: when the supervisor dies without a word (kill -9), the channel to it
// breaks, and the program is asked to end as if by SIGTERM. It must never outlive the terminal that started it.
if (process.channel !== undefined) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
