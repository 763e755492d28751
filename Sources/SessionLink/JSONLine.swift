import JSON

/// A line of a journal on its way to programs, which want JSON whatever was done to the file.
enum JSONLine {
  /// Appends a line that is JSON as it is. Bytes that are no UTF-8 become U+FFFD, and the words that Python has for what is no
  /// number `null`: those stand in journals of 0.1.0.
  ///
  /// - Throws: when it is no JSON.
  static func append(_ line: UnsafeRawBufferPointer, to bytes: inout [UInt8]) throws(JSONScanner.SyntaxError) {
    do throws(JSONScanner.SyntaxError) { try check(line) } catch {
      guard let mended = replacingPythonNumbers(line) else { throw error }
      let failure = mended.withUnsafeBytes { mended in
        do throws(JSONScanner.SyntaxError) {
          try check(mended)
          return nil as JSONScanner.SyntaxError?
        } catch { return error }
      }
      if let failure { throw failure }
      bytes += String(decoding: mended, as: UTF8.self).utf8
      bytes.append(0x0A)
      return
    }
    if String(validating: line, as: UTF8.self) == nil {
      bytes += String(decoding: line, as: UTF8.self).utf8
    } else {
      bytes.append(contentsOf: line)
    }
    bytes.append(0x0A)
  }

  private static func check(_ line: UnsafeRawBufferPointer) throws(JSONScanner.SyntaxError) {
    var scanner = JSONScanner(line)
    _ = try scanner.value()
    try scanner.finish()
  }
}
