// One call of a page while it works: shows progress, makes children, ends. Knows no framework: it is given where the
// stream of its answer goes.
package dev.drover.client;

import dev.drover.v1.Job;
import dev.drover.v1.Progress;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Objects;

/** For the page: what was asked, and what it may do while it works. Used by one thread at a time. */
public final class PageCall {
  /** Begins the answer: status 200, content type {@link Frames#CONTENT_TYPE}, not buffered. */
  @FunctionalInterface
  public interface Stream {
    OutputStream begin() throws IOException;
  }

  private final PageRequest request;
  private final Stream stream;
  private final AttemptClient attempt;
  private OutputStream begun;

  /** For the adapter of a framework: {@link PageHandler} is one. */
  public PageCall(PageRequest request, Stream stream) {
    this.request = request;
    this.stream = stream;
    attempt = new AttemptClient(request);
  }

  /** What Drover said of the job. */
  public PageRequest request() {
    return request;
  }

  /** Asks Drover by calls of its own, such as {@code renew()}, which tells of a cancel. */
  public AttemptClient attempt() {
    return attempt;
  }

  /** Shows how far the work is. Throws IOException once Drover has left: then the work is for nothing. */
  public void progress(double done, double total, String message) throws IOException {
    progress(Progress.newBuilder().setDone(done).setTotal(total).setMessage(message).build());
  }

  /** The same, where some of it is unknown. INVALID_ARGUMENT for a count that is no number, or below 0. */
  public void progress(Progress progress) throws IOException {
    if (progress.hasDone()) checkCount("done", progress.getDone());
    if (progress.hasTotal()) checkCount("total", progress.getTotal());
    send(Frames.progress(progress));
  }

  private static void checkCount(String name, double value) {
    if (!(value >= 0 && Double.isFinite(value))) throw DroverException.invalid(name, "must be 0 or more");
  }

  /** Shows a line for people. */
  public void log(String line) throws IOException {
    send(Frames.log(line));
  }

  /** Makes this job a master; see {@link AttemptClient#batch(String, Iterator)}. */
  public SubmittedBatch batch(String key, Iterator<Job> children) {
    return attempt.batch(key, children);
  }

  /** For the adapter: runs the page, and makes a failure of what it throws, and of 202 after a stream was begun. */
  public Answer run(Page page) {
    try {
      Answer answer = Objects.requireNonNull(page.answer(this), "the page answered nothing");
      if (begun == null || !answer.isAccepted()) return answer;
      return Answer.never("the page showed progress, and then answered with a status of its own");
    } catch (Throwable thrown) {
      // An Error too: a call without an answer would wait for its time to be over.
      return Answer.failed(thrown.toString());
    }
  }

  /**
   * For the adapter: writes the last line if the answer was begun as a stream.
   *
   * @return false if it was not: then the answer is to be sent as it is
   */
  public boolean finish(Answer answer) throws IOException {
    if (begun == null) return false;
    begun.write(answer.lastFrame().getBytes(StandardCharsets.UTF_8));
    begun.close();
    return true;
  }

  private void send(String frame) throws IOException {
    if (begun == null) begun = stream.begin();
    begun.write(frame.getBytes(StandardCharsets.UTF_8));
    begun.flush();
  }
}
