import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { textOf, withResponse, type HttpOptions } from './http.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const get = (url: string, options: Partial<HttpOptions> = {}): Promise<string> =>
  withResponse(url, { stall: 5000, ...options }, (response) => textOf(response, 1000));

const redirect =
  (location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(302, { location }).end();

describe('redirects', () => {
  it('are followed, and leave the token behind at another origin, even if they come back', async () => {
    const seen: [string, string | undefined][] = [];
    const other = await serve((request, response) => {
      seen.push(['other', request.headers.authorization]);
      response.writeHead(307, { location: `${first}/end` }).end();
    });
    const first = await serve((request, response) => {
      seen.push([request.url ?? '', request.headers.authorization]);
      if (request.url === '/end') response.end('done');
      else {
        const location = request.url === '/' ? '/renamed' : other;
        response.writeHead(302, { location }).end('moved');
      }
    });
    expect(await get(`${first}/`, { authorization: 'Bearer x' })).toBe('done');
    expect(seen).toEqual([
      ['/', 'Bearer x'],
      ['/renamed', 'Bearer x'],
      ['other', undefined],
      ['/end', undefined],
    ]);
  });

  it('to another origin are an answer where they are to be', async () => {
    const url = await serve(redirect('http://elsewhere.invalid/'));
    const head = await withResponse(url, { stall: 5000, staysAtOrigin: true }, (response) =>
      Promise.resolve([response.status, response.header('location')]),
    );
    expect(head).toEqual([302, 'http://elsewhere.invalid/']);
  });

  it('in circles, to files and to nonsense are refused', async () => {
    const circle = await serve(redirect('/again'));
    await expect(get(circle)).rejects.toThrow(`${new URL(circle).host} redirects in circles`);
    for (const location of ['file:///etc/passwd', 'data:,x', 'http://']) {
      const url = await serve(redirect(location));
      await expect(get(url)).rejects.toMatchObject({
        code: 'network',
        message: `${new URL(url).host} redirects to what is no safe address`,
      });
    }
  });
});

describe('a connection', () => {
  it('that nobody takes is an error that names the host', async () => {
    const url = await serve(() => undefined);
    servers.splice(0).forEach((server) => server.close());
    await expect(get(url)).rejects.toMatchObject({
      code: 'network',
      message: `no connection to ${new URL(url).host}: it refuses connections`,
    });
  });

  it('that is cut is one, too', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('12345', () => response.destroy());
    });
    await expect(get(url)).rejects.toThrow(`no connection to ${new URL(url).host}: it was cut`);
  });

  it('that stalls is given up, before the head and after it', async () => {
    for (const sent of ['', '12345']) {
      const url = await serve((_request, response) => {
        if (sent) response.writeHead(200, { 'content-length': 10 }).write(sent);
      });
      await expect(get(url, { stall: 100 })).rejects.toThrow(
        `no connection to ${new URL(url).host}: it has sent nothing for 0.1 s`,
      );
    }
  });

  it('that is slow, but sends, is not', async () => {
    const url = await serve((_request, response) => {
      let left = 8;
      const timer = setInterval(() => {
        response.write('x');
        if (--left > 0) return;
        clearInterval(timer);
        response.end();
      }, 250);
    });
    expect(await get(url, { stall: 1500 })).toBe('xxxxxxxx');
  });

  it('ends when the job is cancelled', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    await expect(get(url, { signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
    await expect(get(url, { signal: controller.signal })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});

it('a body longer than it may be is refused as it arrives', async () => {
  const url = await serve((_request, response) => {
    const more = (): void => void response.write('x'.repeat(500), more);
    more();
  });
  await expect(get(url)).rejects.toThrow(`${new URL(url).host} sends more than 1000 bytes`);
});

it('a compressed body is not asked for', async () => {
  const url = await serve(({ headers }, response) =>
    response.end(String(headers['accept-encoding'])),
  );
  expect(await get(url)).toBe('identity');
});
