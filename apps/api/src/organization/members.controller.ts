/** The member routes, for an organization's administrators. */
import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { ProblemError } from '../problems/problem-error.js';
import { Members } from './members.js';
import { DescribeListMembers, DescribePutMember } from './organization.openapi.js';
import { memberId, memberRequest, type Member, type MemberRequest } from './organization.schemas.js';

@ApiTags('organization')
@Controller('v1/members')
export class MembersController {
  constructor(private readonly members: Members) {}

  @Put(':id')
  @DescribePutMember()
  async put(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body({ schema: memberRequest }) request: MemberRequest,
  ): Promise<Member> {
    if (!memberId.safeParse(id).success)
      throw new ProblemError(
        'not-found',
        'a member id is a handle such as zhang.wei: lower case, at most 63',
      );
    return await this.members.put(caller, id, request);
  }

  @Get()
  @DescribeListMembers()
  async list(@Caller() caller: Principal): Promise<{ items: Member[] }> {
    return { items: await this.members.list(caller) };
  }
}
