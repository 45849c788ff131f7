/** What only workers have, and the DOM's types do not: files of the page's own, written in place. */
interface FileSystemSyncAccessHandle {
  getSize(): number;
  read(buffer: Uint8Array<ArrayBuffer>, options?: { at: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options?: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
