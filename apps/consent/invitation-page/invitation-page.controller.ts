import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { HttpProblem, ServiceKit } from '#nest';
import { networkOf } from '../identification/attempts.js';
import { InvitationPage, type Fields } from './page.js';
import { send, view, type View } from './view.js';

/** The one page for people without a key: the secret in its address is all they have. It is no part of the API. */
@ApiExcludeController()
@Controller('i')
export class InvitationPageController {
  constructor(
    @Inject(InvitationPage) private readonly page: InvitationPage,
    @Inject(ServiceKit) private readonly kit: ServiceKit,
  ) {}

  @Get(':token')
  async open(@Req() request: Request, @Res() response: Response): Promise<void> {
    send(response, await this.orSorry(() => this.page.open(visitOf(request))));
  }

  @Post(':token')
  async act(@Req() request: Request, @Res() response: Response): Promise<void> {
    send(response, await this.orSorry(() => this.page.act(visitOf(request), fieldsOf(request.body))));
  }

  /** A person is told in words what a client would be told in JSON. */
  private async orSorry(answer: () => Promise<View>): Promise<View> {
    try {
      return await answer();
    } catch (error) {
      const isBusy = error instanceof HttpProblem && error.document.status === 503;
      if (!isBusy) this.kit.log.error({ err: error }, 'The page of an invitation failed');
      const text = 'Something does not work at the moment. Nothing you did is lost; please try again in a minute.';
      return { ...view('message', 'Please try again', { heading: 'Please try again', text }, 503), retryAfter: 60 };
    }
  }
}

function visitOf(request: Request) {
  return { token: String(request.params['token']), network: networkOf(request.ip ?? '') };
}

const LONGEST = 2000; // characters

/** The fields we know, as text, without the space around them; a field sent twice or too long is as good as none. */
function fieldsOf(body: unknown): Fields {
  const sent = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const field = (name: string, longest: number) => {
    const value = Object.hasOwn(sent, name) ? sent[name] : '';
    const text = typeof value === 'string' ? value.trim() : '';
    return text.length <= longest ? text : '';
  };
  return {
    step: field('step', 20),
    form: field('form', LONGEST),
    reference: field('reference', 100),
    dateOfBirth: field('dateOfBirth', 10),
    email: field('email', 254),
    channel: field('channel', 20),
    code: field('code', 12),
  };
}
