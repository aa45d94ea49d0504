import Foundation
import JSON
import Synchronization

/// The journal of one run that is being written: one JSON object a line, appended before a client sees the event
/// (architecture, idea 7; domain 1.9).
public final class RunJournal: Sendable {
  private struct Writer {
    var descriptor: Int32
    var sequence = 0
    var size: off_t = 0
  }

  /// The conversation.
  public let session: SessionID
  /// The run.
  public let stream: StreamID
  private let writer: Mutex<Writer>

  /// Makes the journal of a new run. Waits for the disk.
  ///
  /// - Throws: ``FileError``; its code is `EEXIST` when there is already one of that run.
  public init(creating layout: StateLayout, session: SessionID, stream: StreamID) throws(FileError) {
    let path = layout.runJournal(session, stream)
    try AtomicFile.makeFolder(layout.runJournals(session))
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    if descriptor < 0 { throw FileError(operation: "create", name: "\(stream).jsonl", code: errno) }
    AtomicFile.flushFolder(layout.runJournals(session))
    self.session = session
    self.stream = stream
    writer = Mutex(Writer(descriptor: descriptor))
  }

  deinit {
    writer.withLock { writer in
      if writer.descriptor >= 0 { _ = Glibc.close(writer.descriptor) }
    }
  }

  /// Writes an event whole before it returns; one that ends the run is also flushed. Waits for the disk.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - payload: Its data.
  ///   - now: Seconds since 1970.
  /// - Returns: Its number: 1, 2, 3, ... without gaps, whoever appends at the same time (invariant 34).
  /// - Throws: ``FileError``; the journal is then as it was, and the number is given to the next event.
  @discardableResult
  public func append(
    event: String, payload: JSONObject, now: Double = Date().timeIntervalSince1970
  ) throws(FileError) -> Int {
    let isTerminal = RunEventKind.isTerminal(event)
    let outcome = writer.withLock { writer -> Result<Int, FileError> in
      let line = encode(event, payload, sequence: writer.sequence + 1, now: now)
      var code = Self.write(line, to: writer.descriptor)
      if code == 0 && isTerminal && fdatasync(writer.descriptor) != 0 { code = errno }
      if code != 0 {
        // What is half written would spoil the next line. If this fails too, readers skip the broken line.
        _ = ftruncate(writer.descriptor, writer.size)
        return .failure(FileError(operation: "write", name: "\(stream).jsonl", code: code))
      }
      writer.sequence += 1
      writer.size += off_t(line.count)
      return .success(writer.sequence)
    }
    return try outcome.get()
  }

  /// Closes the file; an event after that is a ``FileError`` with `EBADF`.
  public func close() {
    writer.withLock { writer in
      if writer.descriptor >= 0 { _ = Glibc.close(writer.descriptor) }
      writer.descriptor = -1
    }
  }

  private func encode(_ event: String, _ payload: JSONObject, sequence: Int, now: Double) -> [UInt8] {
    let state = RunEventKind.terminalState(event, payload)
    let line: JSONObject = [
      "version": 1, "event_id": .string("\(stream):\(sequence)"), "seq": .int(sequence),
      "run_id": .string(stream.text), "session_id": .string(session.text), "event": .string(event),
      "type": .string(event), "created_at": .double(now), "terminal": .bool(RunEventKind.isTerminal(event)),
      "terminal_state": .optional(state), "payload": .object(payload),
    ]
    return line.bytes(.compact) + [0x0A]
  }

  /// Writes all bytes; returns 0 or `errno`.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count >= 0 { written += count } else if errno != EINTR { return errno }
    }
    return 0
  }
}
